#include "cuda_sharing.h"

namespace anomalyclip::gst {

struct CudaSharing::Context {};

CudaSharing::CudaSharing(GstElement* element) : element_(element) {}
CudaSharing::~CudaSharing() = default;

void CudaSharing::open(const ModelInfo&) {}
void CudaSharing::close() {}

bool CudaSharing::answer(GstQuery*) const {
  return false;
}

FrameMemory CudaSharing::memory_of(GstBuffer*) const {
  return FrameMemory::kHost;
}

GstMapFlags read_flags(FrameMemory) {
  return GST_MAP_READ;
}

GstCaps* with_cuda_memory(const char* system) {
  return gst_caps_from_string(system);
}

}  // namespace anomalyclip::gst
