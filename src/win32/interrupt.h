/* How the program learns that the user wants an end. */
#ifndef REFLINK_WIN32_INTERRUPT_H
#define REFLINK_WIN32_INTERRUPT_H

/* From now on an interruption is remembered, and os_cancelled tells. */
void interrupt_catch(void);

#endif
