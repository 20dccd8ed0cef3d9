/* SPDX-License-Identifier: MIT
 *
 * xen_parser.h - Xen's own parsers, libxlutil's, as text in and text out.
 *
 * C, because Xen's headers are. Every string returned is the caller's to free;
 * NULL: Xen refuses the input. */

#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/* The value of a key as "text" or [item,item]; "" when it is not set. */
char* xen_value_of(const char* text, int length, const char* key);
/* "target|vdev|format|w|cdrom|script|backend|discard|direct" */
char* xen_disk(const char* spec);
/* "bytes per interval/interval in microseconds" */
char* xen_rate(const char* rate);

#ifdef __cplusplus
}
#endif
