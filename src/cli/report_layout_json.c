#include "report_layout_json.h"

#include "json.h"
#include "report_json.h"
#include "messages.h"

static void add_number(struct text *text, const wchar_t *key, bool known,
                       uint64_t number)
{
    if (known)
        json_number(text, key, number);
    else
        json_null(text, key);
}

static void add_answer(struct text *text, const wchar_t *key,
                       enum reflink_answer answer)
{
    if (answer == REFLINK_NOT_REPORTED)
        json_null(text, key);
    else
        json_boolean(text, key, answer == REFLINK_YES);
}

static void add_string(struct text *text, const wchar_t *key,
                       const wchar_t *string)
{
    json_string(text, key, string[0] != L'\0' ? string : NULL);
}

static void add_error(struct text *text, const wchar_t *path,
                      const struct reflink_error *error)
{
    static const struct reflink_error none;
    report_json_error(path, error != NULL ? error : &none, text);
}

static void add_support(struct text *text, const struct reflink_volume *info,
                        bool known)
{
    struct text sentence = {0};
    if (known)
        message_add_support(&sentence, info);
    json_string(text, L"reflink",
                known ? message_support(info->support) : NULL);
    add_string(text, L"reflink_text", text_words(&sentence));
    text_fail_with(text, &sentence);
    text_free(&sentence);
}

void report_json_info(const wchar_t *path, const struct reflink_volume *info,
                      const struct reflink_error *error, struct text *text)
{
    static const struct reflink_volume nothing;
    bool known = info != NULL;
    if (!known)
        info = &nothing;
    json_begin(text, L"volume");
    json_string(text, L"path", path);
    add_string(text, L"root", info->root);
    add_string(text, L"file_system", info->file_system);
    add_answer(text, L"block_cloning", info->block_cloning);
    add_number(text, L"cluster_size", info->cluster_size != 0,
               info->cluster_size);
    add_number(text, L"largest_request", known, info->largest_request);
    add_answer(text, L"integrity_streams", info->integrity_streams);
    add_answer(text, L"sparse_files", info->sparse_files);
    add_answer(text, L"read_only", info->read_only);
    add_answer(text, L"remote", info->remote);
    add_number(text, L"bytes_free", info->free_known, info->free_bytes);
    add_support(text, info, known);
    add_error(text, path, error);
    json_end(text);
}

void report_json_extents_begin(const struct report_list *list,
                               struct text *text)
{
    json_begin(text, L"extents");
    json_string(text, L"path", list->path);
    json_number(text, L"size", list->layout->info.size);
    json_number(text, L"cluster_size", list->layout->cluster_size);
    json_array(text, L"extents");
}

void report_json_extents_run(const struct report_list *list,
                             const struct layout_run *run, struct text *text)
{
    bool hole = run->volume_offset == LAYOUT_HOLE;
    json_item(text);
    json_number(text, L"offset", run->offset);
    json_number(text, L"length", run->length);
    add_number(text, L"volume_offset", !hole, run->volume_offset);
    add_number(text, L"references", !hole && list->layout->counted,
               run->references);
    json_close(text);
}

void report_json_extents_end(const struct report_list *list,
                             const struct reflink_error *error,
                             struct text *text)
{
    static const struct layout nothing;
    bool known = error == NULL;
    const struct layout *layout = known ? list->layout : &nothing;
    bool counted = known && layout->counted;
    if (list->begun) {
        json_array_end(text);
    } else {
        json_begin(text, L"extents");
        json_string(text, L"path", list->path);
        json_null(text, L"size");
        json_null(text, L"cluster_size");
        json_null(text, L"extents");
    }
    add_number(text, L"bytes_allocated", known, layout->allocated);
    add_number(text, L"bytes_shared", counted, layout->shared);
    add_number(text, L"bytes_exclusive", counted, layout->exclusive);
    add_number(text, L"bytes_holes", known, layout->holes);
    add_error(text, list->path, error);
    json_end(text);
}

static void add_pair(const struct report_list *list, struct text *text)
{
    json_begin(text, L"shared");
    json_string(text, L"a", list->path);
    json_string(text, L"b", list->other);
}

void report_json_shared_begin(const struct report_list *list, struct text *text)
{
    bool same = shared_same_volume(list->layout, list->layout_other);
    add_pair(list, text);
    json_boolean(text, L"same_volume", same);
    add_number(text, L"cluster_size", same, list->layout->cluster_size);
    json_array(text, L"ranges");
}

void report_json_shared_range(const struct shared_range *range,
                              struct text *text)
{
    json_item(text);
    json_number(text, L"a_offset", range->a_offset);
    json_number(text, L"b_offset", range->b_offset);
    json_number(text, L"length", range->length);
    json_close(text);
}

void report_json_shared_end(const struct report_list *list, uint64_t bytes,
                            struct text *text)
{
    bool same = shared_same_volume(list->layout, list->layout_other);
    json_array_end(text);
    json_number(text, L"bytes_shared", bytes);
    add_number(text, L"a_bytes_allocated", same, list->layout->allocated);
    add_number(text, L"b_bytes_allocated", same, list->layout_other->allocated);
    add_error(text, list->path, NULL);
    json_end(text);
}

void report_json_shared_failed(const struct report_list *list,
                               const wchar_t *path,
                               const struct reflink_error *error,
                               struct text *text)
{
    if (list->begun) {
        json_array_end(text);
    } else {
        add_pair(list, text);
        json_null(text, L"same_volume");
        json_null(text, L"cluster_size");
        json_null(text, L"ranges");
    }
    json_null(text, L"bytes_shared");
    json_null(text, L"a_bytes_allocated");
    json_null(text, L"b_bytes_allocated");
    add_error(text, path, error);
    json_end(text);
}
