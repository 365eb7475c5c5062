#include "pad_templates.h"

#include <utility>

#include "cuda_sharing.h"
#include "video_frame.h"

namespace anomalyclip::gst {

void add_pad_templates(GstElementClass* klass) {
  GstCaps* caps = with_cuda_memory(ANOMALYCLIP_CAPS);
  GST_MINI_OBJECT_FLAG_SET(caps, GST_MINI_OBJECT_FLAG_MAY_BE_LEAKED);  // they stay with the class
  for (const auto& [name, direction] :
       {std::pair("sink", GST_PAD_SINK), std::pair("src", GST_PAD_SRC)}) {
    GstPadTemplate* pad = gst_pad_template_new(name, direction, GST_PAD_ALWAYS, caps);
    GST_OBJECT_FLAG_SET(pad, GST_OBJECT_FLAG_MAY_BE_LEAKED);
    gst_element_class_add_pad_template(klass, pad);
  }
  gst_caps_unref(caps);
}

}  // namespace anomalyclip::gst
