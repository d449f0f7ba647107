#include "report_layout.h"

#include "report_layout_json.h"
#include "messages.h"

/* `5 MiB (5242880 bytes)` */
static void add_amount(struct text *text, uint64_t bytes)
{
    text_add_size(text, bytes);
    if (bytes >= 1024)
        text_format(text, L" (%" TEXT_U64 L" bytes)", bytes);
}

/* ---- --info ---------------------------------------------------------- */

/* The name of a row, up to where its value goes. */
static void add_name(struct text *text, const wchar_t *name)
{
    text_format(text, L"%-19ls", name);
}

static void add_row(struct text *text, const wchar_t *name,
                    const wchar_t *value)
{
    add_name(text, name);
    text_add_name(text, value[0] != L'\0' ? value : message_not_reported);
    text_add(text, L"\n");
}

static void add_answer(struct text *text, const wchar_t *name,
                       enum info_answer answer, const wchar_t *yes,
                       const wchar_t *no)
{
    const wchar_t *value = answer == INFO_YES ? yes : no;
    add_row(text, name,
            answer != INFO_NOT_REPORTED ? value : message_not_reported);
}

static void add_bytes(struct text *text, const wchar_t *name, bool known,
                      uint64_t bytes)
{
    add_name(text, name);
    if (known)
        add_amount(text, bytes);
    else
        text_add(text, message_not_reported);
    text_add(text, L"\n");
}

static void add_info(const wchar_t *path, const struct info *info,
                     struct text *text)
{
    add_name(text, L"path:");
    text_add_name(text, path);
    text_add(text, L"\n");
    add_row(text, L"volume:", info->root);
    add_row(text, L"file system:", info->file_system);
    add_answer(text, L"block cloning:", info->block_cloning, L"yes", L"no");
    add_bytes(text, L"cluster size:", info->cluster_size != 0,
              info->cluster_size);
    add_bytes(text, L"largest request:", true, info->largest_request);
    add_answer(text, L"integrity streams:", info->integrity_streams, L"yes",
               L"no");
    add_answer(text, L"sparse files:", info->sparse_files, L"yes", L"no");
    add_answer(text, L"read-only:", info->read_only, L"yes", L"no");
    add_answer(text, L"location:", info->remote, L"remote", L"local");
    add_bytes(text, L"free:", info->free_known, info->free_bytes);
    add_name(text, L"reflink:");
    message_add_way(text, info);
    text_add(text, L"\n");
}

void report_info(const wchar_t *path, const struct info *info,
                 const struct report_style *style, struct text *out)
{
    if (style->json)
        report_json_info(path, info, NULL, out);
    else if (!style->quiet)
        add_info(path, info, out);
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

static bool is_text(const struct report_list *list)
{
    return !list->style->json && !list->style->quiet;
}

static int digits_of(uint64_t number)
{
    int digits = 1;
    for (; number >= 10; number /= 10)
        digits++;
    return digits;
}

static void widen(struct report_list *list, int column, uint64_t number)
{
    int digits = digits_of(number);
    if (list->widths[column] < digits)
        list->widths[column] = digits;
}

/* The head of each column is its least width. */
static void set_heads(struct report_list *list, const wchar_t *const heads[3])
{
    for (int i = 0; i < 3; i++)
        list->widths[i] = (int)wcslen(heads[i]);
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

static void add_total(struct text *text, const wchar_t *name, bool known,
                      uint64_t bytes)
{
    text_format(text, L"%-11ls", name);
    if (known)
        add_amount(text, bytes);
    else
        text_add(text, message_not_reported);
    text_add(text, L"\n");
}

/* ---- --extents ------------------------------------------------------- */

static const wchar_t *const extents_heads[3] = {L"file offset", L"length",
                                                L"volume offset"};

static void measure_extents(struct report_list *list)
{
    const struct layout *layout = list->layout;
    set_heads(list, extents_heads);
    for (size_t i = 0; i < layout->count; i++) {
        const struct layout_run *run = &layout->runs[i];
        widen(list, 0, run->offset);
        widen(list, 1, run->length);
        if (run->place != LAYOUT_HOLE)
            widen(list, 2, run->place);
    }
}

/* `base.vhdx  (40 GiB, 3 runs, clusters of 4 KiB)` */
static void add_extents_head(const struct report_list *list, struct text *text)
{
    const struct layout *layout = list->layout;
    text_add_name(text, list->path);
    text_add(text, L"  (");
    text_add_size(text, layout->info.size);
    text_format(text, L", %zu %ls, clusters of ", layout->count,
                layout->count == 1 ? L"run" : L"runs");
    text_add_size(text, layout->cluster_size);
    text_add(text, L")\n");
    if (layout->count != 0)
        add_heads(list, extents_heads, L"  references", text);
}

void report_extents_begin(struct report_list *list, struct text *out)
{
    list->begun = true;
    if (list->style->json) {
        report_json_extents_begin(list, out);
    } else if (is_text(list)) {
        measure_extents(list);
        add_extents_head(list, out);
    }
}

static void add_run(const struct report_list *list,
                    const struct layout_run *run, struct text *text)
{
    text_format(text, L"%*" TEXT_U64 L"  %*" TEXT_U64, list->widths[0],
                run->offset, list->widths[1], run->length);
    if (run->place == LAYOUT_HOLE)
        text_format(text, L"  %*ls", list->widths[2], L"hole");
    else
        text_format(text, L"  %*" TEXT_U64, list->widths[2], run->place);
    if (run->place == LAYOUT_HOLE || !list->layout->counted)
        text_format(text, L"  %10ls\n", L"-");
    else
        text_format(text, L"  %10u\n", (unsigned)run->references);
}

void report_extents_run(const struct report_list *list,
                        const struct layout_run *run, struct text *out)
{
    if (list->style->json)
        report_json_extents_run(list, run, out);
    else if (is_text(list))
        add_run(list, run, out);
}

void report_extents_end(const struct report_list *list, struct text *out)
{
    const struct layout *layout = list->layout;
    if (list->style->json) {
        report_json_extents_end(list, NULL, out);
    } else if (is_text(list)) {
        add_total(out, L"allocated:", true, layout->allocated);
        add_total(out, L"shared:", layout->counted, layout->shared);
        add_total(out, L"exclusive:", layout->counted, layout->exclusive);
        add_total(out, L"holes:", true, layout->holes);
    }
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

/* Ranges come one by one; none is longer than a file. */
static void measure_shared(struct report_list *list)
{
    uint64_t first = list->layout->info.size;
    uint64_t second = list->layout_other->info.size;
    set_heads(list, shared_heads);
    widen(list, 0, first);
    widen(list, 1, second);
    widen(list, 2, first < second ? first : second);
}

void report_shared_begin(struct report_list *list, struct text *out)
{
    list->begun = true;
    if (list->style->json)
        report_json_shared_begin(list, out);
    else
        measure_shared(list);
}

void report_shared_range(struct report_list *list,
                         const struct shared_range *range, struct text *out)
{
    if (list->style->json) {
        report_json_shared_range(range, out);
        return;
    }
    if (!is_text(list))
        return;
    if (!list->has_heads)
        add_heads(list, shared_heads, L"", out);
    list->has_heads = true;
    text_format(out, L"%*" TEXT_U64 L"  %*" TEXT_U64 L"  %*" TEXT_U64 L"\n",
                list->widths[0], range->a_offset, list->widths[1],
                range->b_offset, list->widths[2], range->length);
}

/* `shared: 4 MiB (4194304 bytes) of 5 MiB (5242880 bytes) in a.img` */
static void add_shared_total(const struct report_list *list, uint64_t bytes,
                             struct text *text)
{
    text_add(text, L"shared: ");
    if (!shared_same_volume(list->layout, list->layout_other)) {
        text_format(text, L"%ls\n", message_none_shared);
        return;
    }
    add_amount(text, bytes);
    text_add(text, L" of ");
    add_amount(text, list->layout->allocated);
    text_add(text, L" in ");
    text_add_name(text, list->path);
    text_add(text, L"\n");
}

void report_shared_end(const struct report_list *list, uint64_t bytes,
                       struct text *out)
{
    if (list->style->json)
        report_json_shared_end(list, bytes, out);
    else if (is_text(list))
        add_shared_total(list, bytes, out);
}

void report_shared_failed(const struct report_list *list, const wchar_t *path,
                          const struct reflink_error *error, struct text *out,
                          struct text *err)
{
    if (list->style->json)
        report_json_shared_failed(list, path, error, out);
    report_error(path, error, err);
}
