#include "core/cuda_graph.h"

#include "core/module.h"
#include "core/module_folders.h"

namespace anomalyclip {
namespace {

using Factory = CudaGraph* (*)();

struct Opened {
  std::string fault;
  Factory factory = reinterpret_cast<Factory>(
      module_function({ANOMALYCLIP_MODULE_DIR, ANOMALYCLIP_BUILD_MODULE_DIR},
                      ANOMALYCLIP_GRAPH_MODULE, "anomalyclip_new_cuda_graph", fault));
};

}  // namespace

std::unique_ptr<CudaGraph> new_cuda_graph(std::string& fault) {
  static const Opened module;
  fault = module.fault;
  return std::unique_ptr<CudaGraph>(module.factory ? module.factory() : nullptr);
}

}  // namespace anomalyclip
