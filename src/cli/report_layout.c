#include "report_layout.h"

#include "report_layout_json.h"
#include "messages.h"

/* Adds `5 MiB (5242880 bytes)`, or `300 bytes`. */
static void add_amount(struct text *text, uint64_t bytes)
{
    text_add_size(text, bytes);
    if (bytes >= 1024)
        text_format(text, L" (%" TEXT_U64 L" bytes)", bytes);
}

/* In characters: the first column of --info, and of the totals of --extents. */
enum { INFO_WIDTH = 19, TOTALS_WIDTH = 11 };

static void add_bytes(struct text *text, int width, const wchar_t *name,
                      bool known, uint64_t bytes)
{
    text_format(text, L"%-*ls", width, name);
    if (known)
        add_amount(text, bytes);
    else
        text_add(text, message_not_reported);
    text_add(text, L"\n");
}

/* ---- --info ---------------------------------------------------------- */

static void add_row(struct text *text, const wchar_t *name,
                    const wchar_t *value)
{
    text_format(text, L"%-*ls", INFO_WIDTH, name);
    text_add_name(text, value[0] != L'\0' ? value : message_not_reported);
    text_add(text, L"\n");
}

static void add_answer(struct text *text, const wchar_t *name,
                       enum reflink_answer answer, const wchar_t *yes,
                       const wchar_t *no)
{
    const wchar_t *value = answer == REFLINK_YES ? yes : no;
    add_row(text, name, answer == REFLINK_NOT_REPORTED ? L"" : value);
}

void report_info(const wchar_t *path, const struct reflink_volume *info,
                 const struct report_style *style, struct text *out)
{
    if (style->json) {
        report_json_info(path, info, NULL, out);
        return;
    }
    if (style->quiet)
        return;
    add_row(out, L"path:", path);
    add_row(out, L"volume:", info->root);
    add_row(out, L"file system:", info->file_system);
    add_answer(out, L"block cloning:", info->block_cloning, L"yes", L"no");
    add_bytes(out, INFO_WIDTH, L"cluster size:", info->cluster_size != 0,
              info->cluster_size);
    add_bytes(out, INFO_WIDTH, L"largest request:", true,
              info->largest_request);
    add_answer(out, L"integrity streams:", info->integrity_streams, L"yes",
               L"no");
    add_answer(out, L"sparse files:", info->sparse_files, L"yes", L"no");
    add_answer(out, L"read-only:", info->read_only, L"yes", L"no");
    add_answer(out, L"location:", info->remote, L"remote", L"local");
    add_bytes(out, INFO_WIDTH, L"free:", info->free_known, info->free_bytes);
    text_format(out, L"%-*ls", INFO_WIDTH, L"reflink:");
    message_add_support(out, info);
    text_add(out, L"\n");
}

void report_info_failed(const wchar_t *path, const struct reflink_error *error,
                        const struct report_style *style, struct text *out,
                        struct text *err)
{
    if (style->json)
        report_json_info(path, NULL, error, out);
    report_error(path, error, err);
}

/* ---- columns --------------------------------------------------------- */

/* A column is at least as wide as its head. */
static void set_heads(struct report_list *list, const wchar_t *const heads[3])
{
    for (int i = 0; i < 3; i++)
        list->widths[i] = (int)wcslen(heads[i]);
}

static void widen(struct report_list *list, int column, uint64_t number)
{
    int digits = 1;
    for (; number >= 10; number /= 10)
        digits++;
    if (list->widths[column] < digits)
        list->widths[column] = digits;
}

static void add_heads(const struct report_list *list,
                      const wchar_t *const heads[3], const wchar_t *last,
                      struct text *text)
{
    for (int i = 0; i < 3; i++)
        text_format(text, i == 0 ? L"%*ls" : L"  %*ls", list->widths[i],
                    heads[i]);
    text_add(text, last);
    text_add(text, L"\n");
}

/* ---- --extents ------------------------------------------------------- */

/* Begins with `base.vhdx  (40 GiB, 3 runs, clusters of 4 KiB)`. */
void report_extents_begin(struct report_list *list, struct text *out)
{
    static const wchar_t *const heads[3] = {L"file offset", L"length",
                                            L"volume offset"};
    const struct layout *layout = list->layout;
    list->begun = true;
    if (list->style->json) {
        report_json_extents_begin(list, out);
        return;
    }
    if (list->style->quiet)
        return;
    text_add_name(out, list->path);
    text_add(out, L"  (");
    text_add_size(out, layout->info.size);
    text_format(out, L", %zu %ls, clusters of ", layout->count,
                layout->count == 1 ? L"run" : L"runs");
    text_add_size(out, layout->cluster_size);
    text_add(out, L")\n");
    set_heads(list, heads);
    for (size_t i = 0; i < layout->count; i++) {
        const struct layout_run *run = &layout->runs[i];
        widen(list, 0, run->offset);
        widen(list, 1, run->length);
        if (run->volume_offset != LAYOUT_HOLE)
            widen(list, 2, run->volume_offset);
    }
    if (layout->count != 0)
        add_heads(list, heads, L"  references", out);
}

void report_extents_run(const struct report_list *list,
                        const struct layout_run *run, struct text *out)
{
    bool hole = run->volume_offset == LAYOUT_HOLE;
    if (list->style->json) {
        report_json_extents_run(list, run, out);
        return;
    }
    if (list->style->quiet)
        return;
    text_format(out, L"%*" TEXT_U64 L"  %*" TEXT_U64, list->widths[0],
                run->offset, list->widths[1], run->length);
    if (hole)
        text_format(out, L"  %*ls", list->widths[2], L"hole");
    else
        text_format(out, L"  %*" TEXT_U64, list->widths[2], run->volume_offset);
    if (hole || !list->layout->counted)
        text_format(out, L"  %10ls\n", L"-");
    else
        text_format(out, L"  %10u\n", (unsigned)run->references);
}

void report_extents_end(const struct report_list *list, struct text *out)
{
    const struct layout *layout = list->layout;
    if (list->style->json) {
        report_json_extents_end(list, NULL, out);
        return;
    }
    if (list->style->quiet)
        return;
    add_bytes(out, TOTALS_WIDTH, L"allocated:", true, layout->allocated);
    add_bytes(out, TOTALS_WIDTH, L"shared:", layout->counted, layout->shared);
    add_bytes(out, TOTALS_WIDTH, L"exclusive:", layout->counted,
              layout->exclusive);
    add_bytes(out, TOTALS_WIDTH, L"holes:", true, layout->holes);
}

void report_extents_failed(const struct report_list *list,
                           const struct reflink_error *error, struct text *out,
                           struct text *err)
{
    if (list->style->json)
        report_json_extents_end(list, error, out);
    report_error(list->path, error, err);
}

/* ---- --shared -------------------------------------------------------- */

static const wchar_t *const shared_heads[3] = {L"first offset",
                                               L"second offset", L"length"};

void report_shared_begin(struct report_list *list, struct text *out)
{
    uint64_t first = list->layout->info.size;
    uint64_t second = list->layout_other->info.size;
    list->begun = true;
    if (list->style->json) {
        report_json_shared_begin(list, out);
        return;
    }
    /* the ranges are not known yet, but none is longer than a file */
    set_heads(list, shared_heads);
    widen(list, 0, first);
    widen(list, 1, second);
    widen(list, 2, first < second ? first : second);
}

void report_shared_range(struct report_list *list,
                         const struct shared_range *range, struct text *out)
{
    if (list->style->json) {
        report_json_shared_range(range, out);
        return;
    }
    if (list->style->quiet)
        return;
    if (!list->has_heads)
        add_heads(list, shared_heads, L"", out);
    list->has_heads = true;
    text_format(out, L"%*" TEXT_U64 L"  %*" TEXT_U64 L"  %*" TEXT_U64 L"\n",
                list->widths[0], range->a_offset, list->widths[1],
                range->b_offset, list->widths[2], range->length);
}

/* `shared: 4 MiB (4194304 bytes) of 5 MiB (5242880 bytes) in a.img` */
void report_shared_end(const struct report_list *list, uint64_t bytes,
                       struct text *out)
{
    if (list->style->json) {
        report_json_shared_end(list, bytes, out);
        return;
    }
    if (list->style->quiet)
        return;
    text_add(out, L"shared: ");
    if (!shared_same_volume(list->layout, list->layout_other)) {
        text_format(out, L"%ls\n", message_none_shared);
        return;
    }
    add_amount(out, bytes);
    text_add(out, L" of ");
    add_amount(out, list->layout->allocated);
    text_add(out, L" in ");
    text_add_name(out, list->path);
    text_add(out, L"\n");
}

void report_shared_failed(const struct report_list *list, const wchar_t *path,
                          const struct reflink_error *error, struct text *out,
                          struct text *err)
{
    if (list->style->json)
        report_json_shared_failed(list, path, error, out);
    report_error(path, error, err);
}
