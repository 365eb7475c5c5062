#include "core/module.h"

#include <dlfcn.h>

namespace anomalyclip {

void* module_function(std::initializer_list<std::string> folders, const std::string& module,
                      const char* function, std::string& fault) {
  fault.clear();
  for (const std::string& folder : folders) {
    const std::string path = folder + "/" + module;
    if (void* opened = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL))
      if (void* found = dlsym(opened, function)) return found;
    const char* reason = dlerror();
    fault += (fault.empty() ? "" : "; ") + std::string(reason ? reason : path);
  }
  return nullptr;
}

}  // namespace anomalyclip
