/* Each code that volumes and servers answer with, and what follows from it. */
#include <criterion/criterion.h>

#include "core/base/classify.h"
#include "core/errors.h"
#include "core/base/reason.h"

TestSuite(classify, .timeout = 120);
TestSuite(reason, .timeout = 120);

Test(classify, codes)
{
    static const struct {
        os_error code;
        enum error_class in_clone;
        enum error_class elsewhere;
    } rows[] = {
        {1, ERROR_CLASS_CANNOT_CLONE, ERROR_CLASS_FAILED},
        {6, ERROR_CLASS_CANNOT_CLONE, ERROR_CLASS_FAILED},
        {17, ERROR_CLASS_CANNOT_CLONE, ERROR_CLASS_FAILED},
        {50, ERROR_CLASS_CANNOT_CLONE, ERROR_CLASS_FAILED},
        {87, ERROR_CLASS_CANNOT_CLONE, ERROR_CLASS_FAILED},
        {347, ERROR_CLASS_TOO_MANY_REFERENCES, ERROR_CLASS_FAILED},
        {134, ERROR_CLASS_TOO_MANY_REFERENCES, ERROR_CLASS_FAILED},
        {5, ERROR_CLASS_FAILED, ERROR_CLASS_FAILED},
        {19, ERROR_CLASS_FAILED, ERROR_CLASS_FAILED},
        {32, ERROR_CLASS_FAILED, ERROR_CLASS_FAILED},
        {33, ERROR_CLASS_FAILED, ERROR_CLASS_FAILED},
        {38, ERROR_CLASS_FAILED, ERROR_CLASS_FAILED},
        {112, ERROR_CLASS_FAILED, ERROR_CLASS_FAILED},
        {122, ERROR_CLASS_FAILED, ERROR_CLASS_FAILED},
        {234, ERROR_CLASS_FAILED, ERROR_CLASS_FAILED},
        {323, ERROR_CLASS_FAILED, ERROR_CLASS_FAILED},
        {1117, ERROR_CLASS_FAILED, ERROR_CLASS_FAILED},
        {8, ERROR_CLASS_NO_RESOURCES, ERROR_CLASS_FAILED},
        {14, ERROR_CLASS_NO_RESOURCES, ERROR_CLASS_FAILED},
        {1450, ERROR_CLASS_NO_RESOURCES, ERROR_CLASS_FAILED},
        {53, ERROR_CLASS_TRANSIENT, ERROR_CLASS_TRANSIENT},
        {54, ERROR_CLASS_TRANSIENT, ERROR_CLASS_TRANSIENT},
        {55, ERROR_CLASS_TRANSIENT, ERROR_CLASS_TRANSIENT},
        {59, ERROR_CLASS_TRANSIENT, ERROR_CLASS_TRANSIENT},
        {64, ERROR_CLASS_TRANSIENT, ERROR_CLASS_TRANSIENT},
        {121, ERROR_CLASS_TRANSIENT, ERROR_CLASS_TRANSIENT},
        {240, ERROR_CLASS_TRANSIENT, ERROR_CLASS_TRANSIENT},
        {1231, ERROR_CLASS_TRANSIENT, ERROR_CLASS_TRANSIENT},
        {1236, ERROR_CLASS_TRANSIENT, ERROR_CLASS_TRANSIENT},
        {1237, ERROR_CLASS_TRANSIENT, ERROR_CLASS_TRANSIENT},
        {5004, ERROR_CLASS_TRANSIENT, ERROR_CLASS_TRANSIENT},
        {5006, ERROR_CLASS_TRANSIENT, ERROR_CLASS_TRANSIENT},
        {5015, ERROR_CLASS_TRANSIENT, ERROR_CLASS_TRANSIENT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(classify_clone(rows[i].code), rows[i].in_clone, "code %u",
                     rows[i].code);
        cr_expect_eq(classify_io(rows[i].code), rows[i].elsewhere, "code %u",
                     rows[i].code);
        cr_expect_eq(classify_unsupported(rows[i].code),
                     rows[i].code == 1 || rows[i].code == 50);
        cr_expect_eq(classify_unknown_request(rows[i].code),
                     rows[i].code == 1 || rows[i].code == 50 ||
                         rows[i].code == 87);
    }
}

Test(classify, hints)
{
    static const struct {
        os_error first;
        os_error last;
        enum reflink_hint hint;
    } rows[] = {
        {0, 224, REFLINK_HINT_NONE},    {225, 226, REFLINK_HINT_VIRUS},
        {227, 357, REFLINK_HINT_NONE},  {358, 358, REFLINK_HINT_CLOUD},
        {359, 361, REFLINK_HINT_NONE},  {362, 366, REFLINK_HINT_CLOUD},
        {367, 373, REFLINK_HINT_NONE},  {374, 375, REFLINK_HINT_CLOUD},
        {376, 376, REFLINK_HINT_NONE},  {377, 383, REFLINK_HINT_CLOUD},
        {384, 385, REFLINK_HINT_NONE},  {386, 398, REFLINK_HINT_CLOUD},
        {399, 403, REFLINK_HINT_NONE},  {404, 404, REFLINK_HINT_CLOUD},
        {405, 425, REFLINK_HINT_NONE},  {426, 426, REFLINK_HINT_CLOUD},
        {427, 433, REFLINK_HINT_NONE},  {434, 434, REFLINK_HINT_CLOUD},
        {435, 6000, REFLINK_HINT_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (os_error code = rows[i].first; code <= rows[i].last; code++)
            cr_expect_eq(classify_hint(code), rows[i].hint, "code %u", code);
    }
}

Test(reason, found_before_a_request)
{
    static const struct {
        struct reason_facts facts;
        enum reflink_reason reason;
    } rows[] = {
        {{.mode = REFLINK_NEVER, .length = 9}, REFLINK_REASON_NOT_ASKED},
        {{.length = 0}, REFLINK_REASON_EMPTY},
        {{.length = 9}, REFLINK_REASON_NONE}, /* untold: tried */
        {{.length = 9, .volume_known = true}, REFLINK_REASON_NO_CLONING},
        {{.length = 9, .volume_known = true, .volume_clones = true},
         REFLINK_REASON_NONE},
        {{.length = 9, .volume_known = true, .mode = REFLINK_ALWAYS},
         REFLINK_REASON_NONE}, /* the flag may be missing: asked */
        {{.length = 9, .volume_refused = true, .mode = REFLINK_ALWAYS},
         REFLINK_REASON_NO_CLONING},
        {{.length = 9, .other_volume = true}, REFLINK_REASON_OTHER_VOLUME},
        {{.length = 9, .other_volume = true, .volume_known = true},
         REFLINK_REASON_NO_CLONING},
        {{.length = 9,
          .other_volume = true,
          .volume_known = true,
          .mode = REFLINK_ALWAYS},
         REFLINK_REASON_NO_CLONING},
        {{.length = 9, .encrypted = true}, REFLINK_REASON_ENCRYPTED},
        {{.length = 9, .sparse_mismatch = true}, REFLINK_REASON_SPARSE},
        {{.length = 9, .integrity_differs = true}, REFLINK_REASON_INTEGRITY},
        {{.length = 9, .unverified = true}, REFLINK_REASON_UNVERIFIED},
        {{.length = 9,
          .below_cluster = true,
          .other_volume = true,
          .mode = REFLINK_ALWAYS},
         REFLINK_REASON_BELOW_CLUSTER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_eq(reason_before(&rows[i].facts), rows[i].reason,
                     "row %zu: %d", i, reason_before(&rows[i].facts));
}

Test(reason, found_in_a_refusal)
{
    static const struct {
        os_error code;
        bool told_no;
        enum reflink_reason reason;
    } rows[] = {
        {1, false, REFLINK_REASON_NO_CLONING},
        {6, false, REFLINK_REASON_OTHER_VOLUME},
        {17, false, REFLINK_REASON_OTHER_VOLUME},
        {50, false, REFLINK_REASON_REFUSED},
        {87, false, REFLINK_REASON_REFUSED},
        {50, true, REFLINK_REASON_NO_CLONING},
        {347, false, REFLINK_REASON_LIMIT},
        {134, false, REFLINK_REASON_LIMIT},
        {8, true, REFLINK_REASON_REFUSED},
        {14, true, REFLINK_REASON_REFUSED},
        {1450, true, REFLINK_REASON_REFUSED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reason_facts facts = {.volume_known = true,
                                     .volume_clones = !rows[i].told_no};
        cr_expect_eq(reason_of_refusal(&facts, rows[i].code), rows[i].reason,
                     "row %zu", i);
    }
}
