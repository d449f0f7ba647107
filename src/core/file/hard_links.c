#include "hard_links.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "core/base/classify.h"
#include "core/base/identity.h"
#include "core/base/path.h"
#include "core/errors.h"

/*
 * A SOURCE with several names. Only the thread that has locked this SOURCE
 * reads or writes what follows `next`.
 */
struct hard_link_entry {
    struct os_identity source;
    struct hard_link_entry *next; /* with the same hash */
    bool copied;                  /* the run has copied SOURCE */
    wchar_t *path;                /* to here; NULL: hard links are not kept */
    struct os_identity dest;      /* of that file */
    uint64_t size;                /* of SOURCE, when it was copied */
    int64_t written;
};

struct hard_links {
    bool keep;
    struct os_monitor *monitor; /* NULL: only one thread uses the table */
    struct hard_link_entry **slots;
    size_t capacity; /* a power of two */
    size_t count;
};

enum { FIRST_CAPACITY = 64 };

struct hard_links *hard_links_open(bool keep)
{
    struct hard_links *links = calloc(1, sizeof *links);
    if (links == NULL)
        return NULL;
    links->keep = keep;
    links->capacity = FIRST_CAPACITY;
    links->slots = calloc(links->capacity, sizeof(struct hard_link_entry *));
    if (links->slots != NULL)
        return links;
    free(links);
    return NULL;
}

bool hard_links_share(struct hard_links *links)
{
    links->monitor = os_monitor_make();
    return links->monitor != NULL;
}

void hard_links_close(struct hard_links *links)
{
    if (links == NULL)
        return;
    for (size_t i = 0; i < links->capacity; i++) {
        while (links->slots[i] != NULL) {
            struct hard_link_entry *entry = links->slots[i];
            links->slots[i] = entry->next;
            free(entry->path);
            free(entry);
        }
    }
    os_monitor_free(links->monitor);
    free(links->slots);
    free(links);
}

/* --- the table; the lock is held ------------------------------------------ */

/* FNV-1a. Without the device, because an unknown one equals any other. */
static size_t slot_of(const struct os_identity *identity, size_t capacity)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ identity->volume;
    for (size_t i = 0; i < sizeof identity->file; i++)
        hash = (hash ^ identity->file[i]) * UINT64_C(0x100000001b3);
    return (size_t)(hash ^ hash >> 32) & (capacity - 1);
}

/* If there is no memory for it, lists grow longer instead. */
static void grow(struct hard_links *links)
{
    size_t capacity = links->capacity * 2;
    struct hard_link_entry **slots =
        calloc(capacity, sizeof(struct hard_link_entry *));
    if (slots == NULL)
        return;
    for (size_t i = 0; i < links->capacity; i++) {
        while (links->slots[i] != NULL) {
            struct hard_link_entry *entry = links->slots[i];
            size_t slot = slot_of(&entry->source, capacity);
            links->slots[i] = entry->next;
            entry->next = slots[slot];
            slots[slot] = entry;
        }
    }
    free(links->slots);
    links->slots = slots;
    links->capacity = capacity;
}

/* Returns the entry of this SOURCE; adds it if it is new. NULL: out of memory.
 */
static struct hard_link_entry *find_or_add(struct hard_links *links,
                                           const struct os_identity *source)
{
    struct hard_link_entry *entry =
        links->slots[slot_of(source, links->capacity)];
    while (entry != NULL && !identity_same_file(&entry->source, source))
        entry = entry->next;
    if (entry != NULL)
        return entry;
    entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return NULL;
    if (links->count == links->capacity)
        grow(links);
    struct hard_link_entry **slot =
        &links->slots[slot_of(source, links->capacity)];
    entry->source = *source;
    entry->next = *slot;
    *slot = entry;
    links->count++;
    return entry;
}

/* --- one SOURCE ----------------------------------------------------------- */

static struct hard_link_entry *entry_of(struct hard_links *links,
                                        const struct os_identity *source)
{
    if (links->monitor != NULL)
        os_monitor_lock(links->monitor);
    struct hard_link_entry *entry = find_or_add(links, source);
    if (links->monitor != NULL)
        os_monitor_unlock(links->monitor);
    return entry;
}

/*
 * Opens the DEST that is recorded. Whatever else is there by now, or nothing,
 * SOURCE is copied; only a lost connection and too little memory are errors.
 */
static bool open_earlier(struct hard_link *link,
                         struct reflink_outcome *outcome)
{
    struct os_info now;
    os_error error =
        os_open(link->entry->path, OS_OPEN_TO_LINK, &link->earlier);
    if (error == 0)
        error = os_query(link->earlier, &now);
    if (error == 0 && identity_same_file(&now.identity, &link->entry->dest)) {
        link->identity = now.identity;
        return true;
    }
    hard_link_give_up(link);
    if (classify_io(error) != ERROR_CLASS_TRANSIENT &&
        classify_memory(error) == 0)
        return true;
    outcome_fail(outcome, error, REFLINK_STEP_LINK, OUTCOME_DEST);
    return false;
}

/* Allocates now what cannot fail once DEST is complete. */
static bool keep_path(struct hard_link *link, const wchar_t *dest,
                      struct reflink_outcome *outcome)
{
    link->path = path_splice(dest, wcslen(dest), L"");
    if (link->path == NULL)
        outcome_fail(outcome, CODE_NOT_ENOUGH_MEMORY, REFLINK_STEP_MEMORY,
                     OUTCOME_DEST);
    return link->path != NULL;
}

bool hard_link_begin(struct hard_link *link, struct hard_links *links,
                     const struct os_info *source, const wchar_t *dest,
                     struct reflink_outcome *outcome)
{
    if (links == NULL || source->links < 2)
        return true;
    link->links = links;
    link->source = *source;
    link->entry = entry_of(links, &source->identity);
    if (link->entry == NULL) {
        outcome_fail(outcome, CODE_NOT_ENOUGH_MEMORY, REFLINK_STEP_MEMORY,
                     OUTCOME_DEST);
        return false;
    }
    link->repeated = link->entry->copied;
    if (!links->keep)
        return true;
    /* SOURCE may have been written to meanwhile */
    bool same = link->entry->size == source->size &&
                link->entry->written == source->written;
    return keep_path(link, dest, outcome) &&
           (!link->repeated || !same || open_earlier(link, outcome));
}

bool hard_link_is_kept(const struct hard_link *link)
{
    return link->entry != NULL && link->links->keep;
}

os_error hard_link_query(const struct hard_link *link,
                         struct os_file *directory, const wchar_t *path,
                         bool *exists)
{
    struct os_file *file = NULL;
    struct os_info info;
    os_error error = os_open_at(directory, path, OS_OPEN_TO_LINK, &file);
    if (error == 0)
        error = os_query(file, &info);
    *exists = error == 0 && identity_same_file(&info.identity, &link->identity);
    os_close(file);
    return classify_memory(error);
}

/*
 * A share may refuse it: Samba passes on that its disk has no hard links as
 * EPERM, which is CODE_ACCESS_DENIED. And a file that another program has open
 * may not be renamed, but can be replaced by a copy.
 */
bool hard_link_cannot(os_error error)
{
    return classify_unknown_request(error) || error == CODE_TOO_MANY_LINKS ||
           error == CODE_NOT_SAME_DEVICE || error == CODE_ACCESS_DENIED ||
           error == CODE_SHARING_VIOLATION;
}

void hard_link_give_up(struct hard_link *link)
{
    os_close(link->earlier);
    link->earlier = NULL;
}

void hard_link_record(struct hard_link *link,
                      const struct os_identity *identity)
{
    struct hard_link_entry *entry = link->entry;
    if (entry == NULL)
        return;
    entry->copied = true;
    entry->dest = *identity;
    entry->size = link->source.size;
    entry->written = link->source.written;
    free(entry->path);
    entry->path = link->path;
    link->path = NULL;
}

void hard_link_end(struct hard_link *link)
{
    hard_link_give_up(link);
    free(link->path);
    *link = (struct hard_link){0};
}
