/*
 * From a block device to the volume on it. A Windows program that opens the
 * root of a drive, or \\.\X:, gets a handle to the block device from Wine.
 */
#ifndef BRIDGE_MOUNT_H
#define BRIDGE_MOUNT_H

#include <stdint.h>

/* Opens the root folder of the XFS or Btrfs volume mounted from the block
 * device with this number (st_rdev). A descriptor, or a negated errno. */
int mount_open_root(uint64_t device);

#endif
