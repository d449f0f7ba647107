/*
 * layout: prints STRUCT.MEMBER OFFSET for the structs that callers in other
 * languages write down once more, and STRUCT SIZE.
 */
#include <reflink/reflink.h>

#include <stddef.h>
#include <stdio.h>

#define MEMBER(type, name)                                                     \
    printf(#type "." #name " %u\n",                                            \
           (unsigned)offsetof(struct reflink_##type, name))
#define WHOLE(type)                                                            \
    printf(#type " %u\n", (unsigned)sizeof(struct reflink_##type))

int main(void)
{
    MEMBER(error, code);
    MEMBER(error, step);
    MEMBER(error, hint);
    MEMBER(error, in_source);
    WHOLE(error);
    MEMBER(policy, size);
    MEMBER(policy, mode);
    MEMBER(policy, verify);
    MEMBER(policy, existing);
    MEMBER(policy, flush);
    MEMBER(policy, security);
    MEMBER(policy, writable);
    MEMBER(policy, retries);
    WHOLE(policy);
    MEMBER(outcome, size);
    MEMBER(outcome, source);
    MEMBER(outcome, dest);
    MEMBER(outcome, status);
    MEMBER(outcome, method);
    MEMBER(outcome, reason);
    MEMBER(outcome, bytes);
    MEMBER(outcome, bytes_cloned);
    MEMBER(outcome, bytes_copied);
    MEMBER(outcome, bytes_copied_by_server);
    MEMBER(outcome, requests);
    MEMBER(outcome, cluster_size);
    MEMBER(outcome, refusal);
    MEMBER(outcome, server_refusal);
    MEMBER(outcome, no_resources);
    MEMBER(outcome, replaced_file);
    MEMBER(outcome, kept_sparse);
    MEMBER(outcome, retries);
    MEMBER(outcome, retry_code);
    MEMBER(outcome, unverified);
    MEMBER(outcome, elapsed_us);
    MEMBER(outcome, error);
    MEMBER(outcome, lost);
    MEMBER(outcome, warnings);
    MEMBER(outcome, volume_root);
    MEMBER(outcome, file_system);
    MEMBER(outcome, hard_link);
    WHOLE(outcome);
    return 0;
}
