/*
 * Criterion's macros on the small runner, runner.c: for compilers and
 * sanitizers that there is no Criterion for, as MSVC and ThreadSanitizer. What
 * the tests in unit/ and model/ use of Criterion is here, and means the same;
 * anything else does not compile. A test file cannot tell which of the two it
 * was built with.
 */
#ifndef REFLINK_TESTS_CRITERION_H
#define REFLINK_TESTS_CRITERION_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct runner_options {
    void (*init)(void); /* is called before the test, in its process */
    int signal;         /* that is to end the test, or 0 */
    double timeout;     /* in seconds, or 0; a suite's is each test's */
    int last;           /* so that a list of options is never empty */
};

struct runner_test {
    const char *suite;
    const char *name;
    const char *file;
    int line;
    void (*run)(void); /* NULL: the options of a suite */
    struct runner_options options;
    struct runner_test *next;
};

/* Makes a test or a suite known; is called before main(). */
void runner_add(struct runner_test *test);

/* Prints that the check `macro`(`words`) failed, and a message as by printf()
   if `format` is not empty. The test fails, and ends here if `is_fatal`. */
void runner_fail(bool is_fatal, const char *file, int line, const char *macro,
                 const char *words, const char *format, ...);

/*
 * A function that is called before main(). MSVC's C runtime calls those that
 * .CRT$XCU points to ("CRT initialization" in its reference); the linker drops
 * a pointer that nobody uses unless it is told to include it. (For x86, that
 * name would begin with an underscore.)
 */
#ifdef _MSC_VER
#pragma section(".CRT$XCU", read)
#define RUNNER_BEFORE_MAIN(name)                                               \
    static void name(void);                                                    \
    extern void (*const name##_pointer)(void);                                 \
    __declspec(allocate(".CRT$XCU")) void (*const name##_pointer)(void) =      \
        name;                                                                  \
    __pragma(comment(linker, "/include:" #name "_pointer")) static void name(  \
        void)
#else
#define RUNNER_BEFORE_MAIN(name)                                               \
    __attribute__((constructor)) static void name(void);                       \
    static void name(void)
#endif

#define RUNNER_ADD(suite, id, name, function, ...)                             \
    static struct runner_test id##_test = {                                    \
        #suite, name, __FILE__, __LINE__, function, {__VA_ARGS__}, NULL};      \
    RUNNER_BEFORE_MAIN(id##_add)                                               \
    {                                                                          \
        runner_add(&id##_test);                                                \
    }

/* --- tests and suites ----------------------------------------------------- */

#define RUNNER_TEST(suite, name, ...)                                          \
    static void suite##_##name##_run(void);                                    \
    RUNNER_ADD(suite, suite##_##name, #name, suite##_##name##_run,             \
               __VA_ARGS__)                                                    \
    static void suite##_##name##_run(void)

/* The declaration at the end takes the semicolon. */
#define RUNNER_SUITE(suite, ...)                                               \
    RUNNER_ADD(suite, suite##_suite, "", NULL, __VA_ARGS__)                    \
    void runner_add(struct runner_test *test)

/* Test(suite, name, .init = f, .signal = SIGABRT) { ... } */
#define Test(...) RUNNER_TEST(__VA_ARGS__, .last = 0)
/* TestSuite(suite, .timeout = 120); */
#define TestSuite(...) RUNNER_SUITE(__VA_ARGS__, .last = 0)

/* --- checks --------------------------------------------------------------- */

/*
 * Each check takes a message after its operands, if there is one, which is
 * evaluated only if the check fails. The empty string at the end stands for the
 * message where there is none, and is not used where there is one.
 */
#define RUNNER_CHECK(is_true, is_fatal, ...)                                   \
    ((is_true) ? (void)0                                                       \
               : runner_fail(is_fatal, __FILE__, __LINE__, __VA_ARGS__))
#define RUNNER_ONE(operator, is_fatal, macro, words, a, ...)                   \
    RUNNER_CHECK(operator(a), is_fatal, macro, words, __VA_ARGS__)
#define RUNNER_TWO(operator, is_fatal, macro, words, a, b, ...)                \
    RUNNER_CHECK((a) operator(b), is_fatal, macro, words, __VA_ARGS__)
#define RUNNER_BYTES(is_fatal, macro, words, a, b, size, ...)                  \
    RUNNER_CHECK(memcmp(a, b, size) == 0, is_fatal, macro, words, __VA_ARGS__)
#define RUNNER_STRINGS(is_fatal, macro, words, a, b, ...)                      \
    RUNNER_CHECK(strcmp(a, b) == 0, is_fatal, macro, words, __VA_ARGS__)

#define cr_expect(...)                                                         \
    RUNNER_ONE(!!, false, "cr_expect", #__VA_ARGS__, __VA_ARGS__, "")
#define cr_expect_not(...)                                                     \
    RUNNER_ONE(!, false, "cr_expect_not", #__VA_ARGS__, __VA_ARGS__, "")
#define cr_expect_null(...)                                                    \
    RUNNER_ONE(NULL ==, false, "cr_expect_null", #__VA_ARGS__, __VA_ARGS__, "")
#define cr_expect_not_null(...)                                                \
    RUNNER_ONE(NULL !=, false, "cr_expect_not_null", #__VA_ARGS__,             \
               __VA_ARGS__, "")
#define cr_expect_eq(...)                                                      \
    RUNNER_TWO(==, false, "cr_expect_eq", #__VA_ARGS__, __VA_ARGS__, "")
#define cr_expect_neq(...)                                                     \
    RUNNER_TWO(!=, false, "cr_expect_neq", #__VA_ARGS__, __VA_ARGS__, "")
#define cr_expect_lt(...)                                                      \
    RUNNER_TWO(<, false, "cr_expect_lt", #__VA_ARGS__, __VA_ARGS__, "")
#define cr_expect_leq(...)                                                     \
    RUNNER_TWO(<=, false, "cr_expect_leq", #__VA_ARGS__, __VA_ARGS__, "")
#define cr_expect_gt(...)                                                      \
    RUNNER_TWO(>, false, "cr_expect_gt", #__VA_ARGS__, __VA_ARGS__, "")
#define cr_expect_geq(...)                                                     \
    RUNNER_TWO(>=, false, "cr_expect_geq", #__VA_ARGS__, __VA_ARGS__, "")
#define cr_expect_arr_eq(...)                                                  \
    RUNNER_BYTES(false, "cr_expect_arr_eq", #__VA_ARGS__, __VA_ARGS__, "")
#define cr_expect_str_eq(...)                                                  \
    RUNNER_STRINGS(false, "cr_expect_str_eq", #__VA_ARGS__, __VA_ARGS__, "")
#define cr_expect_fail(...)                                                    \
    runner_fail(false, __FILE__, __LINE__, "cr_expect_fail", "", __VA_ARGS__)

#define cr_assert(...)                                                         \
    RUNNER_ONE(!!, true, "cr_assert", #__VA_ARGS__, __VA_ARGS__, "")
#define cr_assert_not(...)                                                     \
    RUNNER_ONE(!, true, "cr_assert_not", #__VA_ARGS__, __VA_ARGS__, "")
#define cr_assert_null(...)                                                    \
    RUNNER_ONE(NULL ==, true, "cr_assert_null", #__VA_ARGS__, __VA_ARGS__, "")
#define cr_assert_not_null(...)                                                \
    RUNNER_ONE(NULL !=, true, "cr_assert_not_null", #__VA_ARGS__, __VA_ARGS__, \
               "")
#define cr_assert_eq(...)                                                      \
    RUNNER_TWO(==, true, "cr_assert_eq", #__VA_ARGS__, __VA_ARGS__, "")
#define cr_assert_neq(...)                                                     \
    RUNNER_TWO(!=, true, "cr_assert_neq", #__VA_ARGS__, __VA_ARGS__, "")
#define cr_assert_lt(...)                                                      \
    RUNNER_TWO(<, true, "cr_assert_lt", #__VA_ARGS__, __VA_ARGS__, "")
#define cr_assert_leq(...)                                                     \
    RUNNER_TWO(<=, true, "cr_assert_leq", #__VA_ARGS__, __VA_ARGS__, "")
#define cr_assert_gt(...)                                                      \
    RUNNER_TWO(>, true, "cr_assert_gt", #__VA_ARGS__, __VA_ARGS__, "")
#define cr_assert_geq(...)                                                     \
    RUNNER_TWO(>=, true, "cr_assert_geq", #__VA_ARGS__, __VA_ARGS__, "")
#define cr_assert_arr_eq(...)                                                  \
    RUNNER_BYTES(true, "cr_assert_arr_eq", #__VA_ARGS__, __VA_ARGS__, "")
#define cr_assert_str_eq(...)                                                  \
    RUNNER_STRINGS(true, "cr_assert_str_eq", #__VA_ARGS__, __VA_ARGS__, "")
#define cr_assert_fail(...)                                                    \
    runner_fail(true, __FILE__, __LINE__, "cr_assert_fail", "", __VA_ARGS__)

#endif
