/* Blocks that are compared: a file that ends early is never equal, whatever
   the buffers held before. */
#include <string.h>

#include "core/base/zeros.h"
#include "core/errors.h"
#include "core/verify/compare.h"
#include "core/copy/copy.h"
#include "world.h"

TestSuite(compare, .timeout = 120);

enum { BLOCK = 4096 };

/* Two blocks that are same_before in SOURCE, of which DEST has the first only.
 */
static struct compare_pair make_pair(struct world *w, uint8_t *block)
{
    struct compare_pair pair = {.length = 2 * BLOCK};
    *w = world_make("refs-4k");
    memset(block, 0x5a, BLOCK);
    sim_write_file(L"R:\\a", block, BLOCK);
    sim_write_at(L"R:\\a", BLOCK, block, BLOCK);
    sim_write_file(L"R:\\b", block, BLOCK);
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &pair.source), 0);
    cr_assert_eq(os_open(L"R:\\b", OS_OPEN_SOURCE, &pair.dest), 0);
    return pair;
}

static void end_pair(struct world *w, const struct compare_pair *pair)
{
    os_close(pair->dest);
    os_close(pair->source);
    world_end(w);
}

Test(compare, a_file_that_ends_early)
{
    struct world w;
    uint8_t block[BLOCK];
    struct compare_pair pair = make_pair(&w, block);
    enum compare_side side = COMPARE_SOURCE;
    bool equal = false;
    cr_expect_eq(compare_block(w.session, &pair, 0, BLOCK, &equal, &side), 0);
    cr_expect(equal);
    cr_expect_eq(compare_block(w.session, &pair, BLOCK, BLOCK, &equal, &side),
                 0);
    cr_expect_not(equal);
    end_pair(&w, &pair);
}

Test(compare, zeros_only_are_zero)
{
    uint8_t block[BLOCK];
    memset(block, 1, BLOCK);
    cr_expect_not(zeros_only(block, BLOCK));
    memset(block, 0, BLOCK);
    cr_expect(zeros_only(block, BLOCK));
    block[BLOCK - 1] = 1;
    cr_expect_not(zeros_only(block, BLOCK));
    cr_expect(zeros_only(block, BLOCK - 1));
    cr_expect(zeros_only(block, 0));
}
