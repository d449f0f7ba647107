/*
 * The security descriptors that the bridge keeps, as text in the manner of
 * Windows (SDDL), with SIDs and rights as numbers only:
 *
 *   O:S-1-5-21-1-2-3-1001G:S-1-1-0D:PAI(A;OICIID;0x1f01ff;;;S-1-1-0)
 *
 * An entry is A or D, flags of OI CI NP IO ID, and rights. The DACL may be
 * missing ("") or NULL ("D:NO_ACCESS_CONTROL").
 */
#ifndef E2E_SECURITY_H
#define E2E_SECURITY_H

#include <stdbool.h>

/* Gives a file or folder of the fresh folder this descriptor. */
void e2e_set_security(const char *name, const char *sddl);

/* The descriptor; empty if there is none. */
const char *e2e_security(const char *name);

/* Whether both have one, with the same bytes in the DACL and the same bits
   about it: protected, inherited. */
bool e2e_same_dacl(const char *a, const char *b);

#endif
