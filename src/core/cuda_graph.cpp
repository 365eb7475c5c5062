#include "core/cuda_graph.h"

#include <dlfcn.h>

#include "core/module_folders.h"

namespace anomalyclip {
namespace {

using Factory = CudaGraph* (*)();

struct Module {
  Factory factory = nullptr;
  std::string fault;
};

Module open_module() {
  Module module;
  for (const std::string folder : {ANOMALYCLIP_MODULE_DIR, ANOMALYCLIP_BUILD_MODULE_DIR}) {
    const std::string path = folder + "/" ANOMALYCLIP_GRAPH_MODULE;
    if (void* opened = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
      module.factory = reinterpret_cast<Factory>(dlsym(opened, "anomalyclip_new_cuda_graph"));
      if (module.factory) return module;
    }
    const char* reason = dlerror();
    module.fault += (module.fault.empty() ? "" : "; ") + std::string(reason ? reason : path);
  }
  return module;
}

}  // namespace

std::unique_ptr<CudaGraph> new_cuda_graph(std::string& fault) {
  static const Module module = open_module();  // stays open: its graphs' code is in it
  fault = module.fault;
  return std::unique_ptr<CudaGraph>(module.factory ? module.factory() : nullptr);
}

}  // namespace anomalyclip
