/* What --json prints, judged by check_json.py. */
#include "e2e_internal.h"

static const char python[] = "/usr/bin/python3";
static const char script[] = E2E_SOURCES "/tests/e2e/check_json.py";
static const char schema[] = E2E_SOURCES "/include/reflink/output.schema.json";

enum { NOT_HERE = 77, JUDGE_SECONDS = 60 };

/* NULL: all is well. `how` may be NULL. */
static const char *judge(const char *how, const char *text)
{
    const char *file = e2e_text("%s/judged", e2e_desk());
    const char *out = e2e_text("%s/verdict", e2e_desk());
    const char *err = e2e_text("%s/verdict.err", e2e_desk());
    const char *words[] = {python, script, schema, file, NULL, NULL};
    if (how != NULL) {
        words[2] = how;
        words[3] = schema;
        words[4] = file;
    }
    e2e_write(file, text);
    int code = e2e_wait(e2e_spawn(words, out, err), JUDGE_SECONDS);
    if (code == NOT_HERE || code == 127)
        cr_skip_test("no JSON Schema validator (python3-jsonschema)");
    if (code == 0)
        return NULL;
    return e2e_text("%s%s", e2e_slurp(out), e2e_slurp(err));
}

void e2e_expect_json(struct result *result)
{
    const char *verdict = judge(NULL, result->out);
    if (verdict != NULL)
        cr_expect(false, "%s", e2e_story(result, verdict));
}

void e2e_expect_rejected(const char *lines)
{
    const char *verdict = judge("--broken", lines);
    cr_expect(verdict == NULL, "%s", verdict);
}
