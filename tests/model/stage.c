#include "stage.h"

#include <stdarg.h>
#include <stdlib.h>

const wchar_t *const stage_paths[MODEL_FILES] = {L"R:\\a", L"R:\\b", L"R:\\c",
                                                 L"R:\\d", L"R:\\e", L"S:\\s"};

/* Notes what is wrong, with all of a printf after it; returns false. */
bool stage_wrong(const struct stage *stage, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(stage->result->why, sizeof stage->result->why, format, arguments);
    va_end(arguments);
    return false;
}

struct sim_volume *stage_volume(const struct stage *stage, unsigned file)
{
    return file == MODEL_OTHER ? stage->other : stage->volume;
}

bool stage_is_tight(const struct stage *stage)
{
    return stage->setting->room != 0;
}

/* The model takes what the system has: a write may have met a full disk. */
void stage_adopt(struct stage *stage, unsigned file)
{
    uint64_t size = sim_size(stage_paths[file]);
    uint8_t *bytes = malloc((size_t)size + 1);
    if (bytes == NULL)
        abort();
    sim_read_file(stage_paths[file], bytes, (size_t)size);
    model_set(&stage->model, file, bytes, size);
    free(bytes);
}

static void write_bytes(struct stage *stage, unsigned file, uint64_t offset,
                        uint64_t length, uint64_t seed)
{
    uint8_t *bytes = malloc((size_t)length + 1);
    if (bytes == NULL)
        abort();
    chance_fill(seed, bytes, (size_t)length);
    if (sim_write_at(stage_paths[file], offset, bytes, (size_t)length) == 0)
        model_write(&stage->model, file, offset, bytes, length);
    else if (sim_exists(stage_paths[file]))
        stage_adopt(stage, file);
    free(bytes);
}

static void remove_file(struct stage *stage, unsigned file)
{
    if (stage->model.files[file] == NULL)
        return;
    (void)os_remove(NULL, stage_paths[file]);
    model_remove(&stage->model, file);
}

static void resize_file(struct stage *stage, unsigned file, uint64_t size)
{
    if (sim_set_size(stage_paths[file], size) == 0)
        model_resize(&stage->model, file, size);
    else
        stage_adopt(stage, file);
}

/* Clusters whose bit is set in `holes` are not written. */
void stage_make_file(struct stage *stage, const struct operation *o)
{
    uint64_t cluster = stage->setting->cluster;
    remove_file(stage, o->dest);
    (void)sim_set_sparse(stage_paths[o->dest], o->sparse);
    if (o->integrity)
        sim_set_integrity(stage_paths[o->dest], cluster > 4096 ? 2 : 1, 0);
    resize_file(stage, o->dest, o->length);
    for (uint64_t at = 0; at < o->length; at += cluster) {
        uint64_t left = o->length - at;
        if (!(o->holes >> (at / cluster % 64) & 1))
            write_bytes(stage, o->dest, at, left < cluster ? left : cluster,
                        o->seed == 0 ? 0 : o->seed + at);
    }
    if (o->read_only)
        sim_set_attributes(stage_paths[o->dest], OS_ATTRIBUTE_READONLY);
}

static void link_file(struct stage *stage, const struct operation *o)
{
    if (stage->model.files[o->source] == NULL || o->source == MODEL_OTHER ||
        o->dest == MODEL_OTHER || !stage->volume->hard_links ||
        o->source == o->dest)
        return;
    remove_file(stage, o->dest);
    if (stage->model.files[o->source] != NULL &&
        sim_link(stage_paths[o->source], stage_paths[o->dest]) == 0)
        model_link(&stage->model, o->source, o->dest);
}

void stage_meddle(struct stage *stage, const struct operation *o)
{
    bool exists = stage->model.files[o->dest] != NULL;
    if (o->kind == OPERATION_MAKE)
        stage_make_file(stage, o);
    else if (o->kind == OPERATION_WRITE)
        write_bytes(stage, o->dest, o->offset, o->length, o->seed);
    else if (o->kind == OPERATION_RESIZE)
        resize_file(stage, o->dest, o->offset);
    else if (o->kind == OPERATION_REMOVE)
        remove_file(stage, o->dest);
    else if (o->kind == OPERATION_LINK)
        link_file(stage, o);
    else if (o->kind == OPERATION_SPARSE && exists)
        (void)sim_set_sparse(stage_paths[o->dest], o->sparse);
    else if (o->kind == OPERATION_SETTLE && exists)
        sim_settle(stage_paths[o->dest]);
}
