// SPDX-License-Identifier: MIT

#define _GNU_SOURCE
#include "xen_parser.h"

#include <libxlutil.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static XLU_Config* new_config(FILE** nowhere) {
  *nowhere = fopen("/dev/null", "w");
  return xlu_cfg_init(*nowhere, "test");
}

static char* append(char* text, const char* more) {
  char* longer = NULL;
  if (asprintf(&longer, "%s%s", text, more) < 0)
    abort();
  free(text);
  return longer;
}

static char* shown(const XLU_Config* config, XLU_ConfigValue* value) {
  if (xlu_cfg_value_type(value) == XLU_STRING) {
    char* string = NULL;
    xlu_cfg_value_get_string(config, value, &string, 1);
    return strdup(string);
  }
  XLU_ConfigList* list = NULL;
  xlu_cfg_value_get_list(config, value, &list, 1);
  char* text = strdup("[");
  XLU_ConfigValue* item;
  for (int i = 0; (item = xlu_cfg_get_listitem2(list, i)) != NULL; ++i) {
    char* inner = shown(config, item);
    if (i > 0)
      text = append(text, ",");
    text = append(text, inner);
    free(inner);
  }
  return append(text, "]");
}

char* xen_value_of(const char* text, int length, const char* key) {
  FILE* nowhere;
  XLU_Config* config = new_config(&nowhere);
  char* result = NULL;
  if (xlu_cfg_readdata(config, text, length) == 0) {
    const char* string = NULL;
    XLU_ConfigList* list = NULL;
    int entries = 0;
    if (xlu_cfg_get_string(config, key, &string, 1) == 0) {
      result = strdup(string);
    } else if (xlu_cfg_get_list(config, key, &list, &entries, 1) == 0) {
      result = strdup("[");
      for (int i = 0; i < entries; ++i) {
        char* inner = shown(config, xlu_cfg_get_listitem2(list, i));
        if (i > 0)
          result = append(result, ",");
        result = append(result, inner);
        free(inner);
      }
      result = append(result, "]");
    } else {
      result = strdup("");
    }
  }
  xlu_cfg_destroy(config);
  fclose(nowhere);
  return result;
}

static const char* format_name(libxl_disk_format format) {
  switch (format) {
    case LIBXL_DISK_FORMAT_QCOW:
      return "qcow";
    case LIBXL_DISK_FORMAT_QCOW2:
      return "qcow2";
    case LIBXL_DISK_FORMAT_VHD:
      return "vhd";
    case LIBXL_DISK_FORMAT_QED:
      return "qed";
    case LIBXL_DISK_FORMAT_EMPTY:
      return "empty";
    default:
      return "raw"; /* also when the spec leaves it open */
  }
}

static const char* or_empty(const char* text) { return text != NULL ? text : ""; }

char* xen_disk(const char* spec) {
  FILE* nowhere;
  XLU_Config* config = new_config(&nowhere);
  libxl_device_disk disk;
  libxl_device_disk_init(&disk);
  char* result = NULL;
  if (xlu_disk_parse(config, 1, &spec, &disk) == 0) {
    const char* discard = libxl_defbool_is_default(disk.discard_enable) ? ""
                          : libxl_defbool_val(disk.discard_enable)      ? "yes"
                                                                        : "no";
    if (asprintf(&result, "%s|%s|%s|%s|%s|%s|%s|%s|%s", or_empty(disk.pdev_path),
                 or_empty(disk.vdev), format_name(disk.format), disk.readwrite ? "w" : "r",
                 disk.is_cdrom ? "cdrom" : "disk", or_empty(disk.script),
                 or_empty(disk.backend_domname), discard, disk.direct_io_safe ? "direct" : "") < 0)
      abort();
  }
  libxl_device_disk_dispose(&disk);
  xlu_cfg_destroy(config);
  fclose(nowhere);
  return result;
}

char* xen_rate(const char* rate) {
  FILE* nowhere;
  XLU_Config* config = new_config(&nowhere);
  libxl_device_nic nic;
  libxl_device_nic_init(&nic);
  char* result = NULL;
  if (xlu_vif_parse_rate(config, rate, &nic) == 0 &&
      asprintf(&result, "%llu/%u", (unsigned long long)nic.rate_bytes_per_interval,
               nic.rate_interval_usecs) < 0)
    abort();
  libxl_device_nic_dispose(&nic);
  xlu_cfg_destroy(config);
  fclose(nowhere);
  return result;
}
