// Inspector's properties: what is set, by whom and when, and what may be asked.
#include <utility>

#include "guard.h"
#include "inspector.h"
#include "properties.h"

namespace anomalyclip::gst {

Settings Inspector::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

void Inspector::set(guint id, const GValue* value) try {
  change(id, value);
} catch (const Error& error) {
  post_warning(GST_ELEMENT_CAST(element_), error);
}

void Inspector::change(guint id, const GValue* value) {
  Settings changed = settings();
  set_property(changed, id, value);
  bool open;
  {
    const std::lock_guard lock(mutex_);
    open = open_;
  }
  // Before the start everything is taken and checked then; a running element refuses what does not
  // make sense.
  if (open && id == kPropRoi) check_roi(changed);
  if (open && read_at_start(id))
    GST_WARNING_OBJECT(element_, "this property takes effect at the next start");
  const std::string prompts = open && id == kPropPrompts ? Session::prompts_path(changed) : "";
  {
    const std::lock_guard lock(mutex_);
    set_property(settings_, id, value);
  }
  if (!prompts.empty()) session_.request_prompts(prompts);
}

void Inspector::check_roi(const Settings& settings) const {
  const Roi roi = Roi::parse(settings.roi);
  const std::lock_guard lock(mutex_);
  if (!roi.whole() && info_.width > 0) roi.resolve(info_.width, info_.height);
}

void Inspector::prompts_refused(const std::string& path, const Error& error) {
  {
    // The property tells what is in use, unless it has been set again meanwhile.
    const std::lock_guard lock(mutex_);
    if (settings_.prompts == path) settings_.prompts = prompts_path_in_use_;
  }
  post_warning(GST_ELEMENT_CAST(element_), error);
}

void Inspector::get(guint id, GValue* value) const {
  if (id == kPropStats) {
    g_value_take_boxed(value, stats().release());
    return;
  }
  const std::lock_guard lock(mutex_);
  get_property(settings_, id, value);
}

UniqueStructure Inspector::stats() const {
  UniqueStructure structure = statistics_.to_structure();
  const std::lock_guard lock(mutex_);
  if (open_)
    gst_structure_set(structure.get(), "model", G_TYPE_STRING, model_.name.c_str(), "device",
                      G_TYPE_STRING, model_.device.c_str(), "precision", G_TYPE_STRING,
                      to_string(model_.precision), "prompts", G_TYPE_STRING,
                      prompts_in_use_.c_str(), nullptr);
  return structure;
}

}  // namespace anomalyclip::gst
