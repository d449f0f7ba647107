/*
 * What the volume and a file of it say of themselves when asked.
 */
#ifndef BRIDGE_VOLUME_H
#define BRIDGE_VOLUME_H

#include "bridge_nt.h"

#include <stdbool.h>

/* Corrects what Wine answered (with `status`) to
 * NtQueryVolumeInformationFile; returns the status to pass on. */
nt_status volume_correct(HANDLE handle, struct io_status_block *io,
                         void *buffer, uint32_t size, uint32_t class,
                         nt_status status);

/* Corrects what NtQueryInformationFile answered with success or overflow:
 * adds the sparse attribute, and the volume's number to the file's id. */
void file_information_correct(HANDLE handle, void *buffer, uint32_t size,
                              uint32_t class);

/* Adds the sparse attribute to what was asked by path; `buffer` is that of
 * `class`. Returns the status to pass on: ST_SUCCESS, or ST_DELETE_PENDING. */
nt_status attributes_correct_by_path(const struct object_attributes *path,
                                     void *buffer, uint32_t class);

/* Finds the function the above needs; false if this is no Wine. */
bool volume_startup(void);

#endif
