/* SPDX-License-Identifier: BSD-3-Clause */
// style.h: how the page looks: light, dark, on a phone, on paper.
#ifndef WB_REPORT_STYLE_H
#define WB_REPORT_STYLE_H

extern const char style_sheet[];

#endif
