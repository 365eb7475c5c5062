#include "loop/gpu_sum.h"

#include "core/module.h"
#include "loop/module_folders.h"

namespace anomalyclip::trainer {

NewGpuSum open_gpu_sum(std::string& fault) {
  return reinterpret_cast<NewGpuSum>(
      module_function({ANOMALYCLIP_MODULE_DIR, ANOMALYCLIP_BUILD_MODULE_DIR},
                      ANOMALYCLIP_NCCL_MODULE, "anomalyclip_new_gpu_sum", fault));
}

}  // namespace anomalyclip::trainer
