// consumer SOURCE DEST: a small C++17 program that uses reflink, as in
// include/reflink/README.md. Prints the method, or why there is none.
#include <reflink/reflink.h>

#include <cstdio>
#include <cwchar>
#include <memory>
#include <string>

namespace
{

struct session_closer {
    void operator()(reflink_session *session) const
    {
        reflink_session_close(session);
    }
};

std::wstring error_text(const reflink_error &error)
{
    std::wstring text(reflink_error_text(&error, nullptr, 0), L'\0');
    reflink_error_text(&error, text.data(), text.size() + 1);
    return text;
}

} // namespace

int wmain(int argc, wchar_t **argv)
{
    if (argc != 3)
        return 2;
    std::unique_ptr<reflink_session, session_closer> session(
        reflink_session_open());
    reflink_policy policy = REFLINK_POLICY_INIT;
    reflink_outcome outcome{};
    outcome.size = sizeof outcome;
    if (session == nullptr)
        return 1;
    if (reflink_file(session.get(), &policy, argv[1], argv[2], &outcome) !=
        REFLINK_OK) {
        std::printf("%ls\n", error_text(outcome.error).c_str());
        return 1;
    }
    std::printf("%ls\n", reflink_method_name(outcome.method));
    return 0;
}
