#include "cuda_sharing.h"

namespace anomalyclip::gst {

struct CudaSharing::Context {};

CudaSharing::CudaSharing(GstElement* element) : element_(element) {}
CudaSharing::~CudaSharing() = default;

void CudaSharing::open(const std::string&) {}
void CudaSharing::open_for(GstBuffer*) {}
void CudaSharing::close() {}
void CudaSharing::take(GstContext*) {}

bool CudaSharing::answer(GstQuery*) const {
  return false;
}

FrameMemory CudaSharing::memory_of(GstBuffer*) {
  return FrameMemory::kHost;
}

void CudaSharing::wait_for_copies() const {}

std::string CudaSharing::device() const {
  return {};
}

GstMapFlags read_flags(FrameMemory) {
  return GST_MAP_READ;
}

GstMapFlags write_flags(FrameMemory) {
  return GST_MAP_READWRITE;
}

GstCaps* with_cuda_memory(const char* system) {
  return gst_caps_from_string(system);
}

}  // namespace anomalyclip::gst
