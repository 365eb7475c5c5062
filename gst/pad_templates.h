#pragma once

#include <gst/gst.h>

namespace anomalyclip::gst {

/// `sink` and `src`, always there, for frames of any format that the elements read or draw on: in ordinary memory, and in
/// GPU memory where this build can share it.
void add_pad_templates(GstElementClass* klass);

}  // namespace anomalyclip::gst
