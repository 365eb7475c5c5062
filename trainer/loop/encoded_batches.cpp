#include "loop/encoded_batches.h"

#include <algorithm>

#include <torch/torch.h>

#include "data/mosaic.h"
#include "image/preprocess.h"

namespace anomalyclip::trainer {
namespace {

/// The same function over all tensors of the features of several images.
template <typename Function>
VisionFeatures combined(const std::vector<const VisionFeatures*>& images, const Function& combine) {
  const auto all = [&](const auto& part) {
    std::vector<at::Tensor> tensors;
    for (const VisionFeatures* image : images) tensors.push_back(part(*image));
    return tensors.front().defined() ? combine(tensors) : at::Tensor();
  };
  VisionFeatures result;
  result.global = all([](const VisionFeatures& image) { return image.global; });
  for (std::size_t layer = 0; layer < images.front()->patches.size(); ++layer) {
    result.patches.emplace_back();
    for (std::size_t kind = 0; kind < images.front()->patches[layer].size(); ++kind)
      result.patches.back().push_back(
          all([&](const VisionFeatures& image) { return image.patches[layer][kind]; }));
  }
  return result;
}

VisionFeatures row_of(const VisionFeatures& batch, std::int64_t row) {
  return combined({&batch}, [&](const std::vector<at::Tensor>& one) {
    return one.front().slice(0, row, row + 1);
  });
}

/// What the encoder sees of a picture: [3, size, size].
at::Tensor to_pixels(const Image& picture, int size) {
  at::Tensor pixels = at::empty({3, size, size});
  preprocess(picture.view(), {0, 0, picture.width, picture.height}, size, pixels.data_ptr<float>());
  return pixels;
}

/// @param mask  [size * size], or nothing where nothing is damaged
template <typename Values>
at::Tensor to_tensor(const Values& mask, int size) {
  at::Tensor tensor = at::zeros({size, size});
  float* pixel = tensor.data_ptr<float>();
  for (std::size_t i = 0; i < mask.size(); ++i) pixel[i] = mask[i] ? 1.f : 0.f;
  return tensor;
}

}  // namespace

std::vector<BatchShare> share_batches(const TrainingSet& set,
                                      const std::vector<std::int64_t>& order, int batch_size,
                                      int rank, int size) {
  std::vector<BatchShare> batches;
  for (std::size_t first = 0; first < order.size(); first += static_cast<std::size_t>(batch_size)) {
    const std::size_t last = std::min(order.size(), first + static_cast<std::size_t>(batch_size));
    BatchShare share;
    share.any = order[first];
    for (std::size_t i = first; i < last; ++i) {
      const TrainingImage& image = set.images[static_cast<std::size_t>(order[i])];
      share.images += 1;
      share.images_with_mask += image.has_mask ? 1 : 0;
      share.class_names.insert(image.sample.class_name);
      if (static_cast<int>(i - first) % size == rank) share.mine.push_back(order[i]);
    }
    batches.push_back(std::move(share));
  }
  return batches;
}

EncodedBatches::~EncodedBatches() {
  if (coming_.valid()) coming_.wait();
}

void EncodedBatches::start(std::vector<BatchShare> batches, Mosaics mosaics) {
  if (coming_.valid()) coming_.wait();
  batches_ = std::move(batches);
  mosaics_ = std::move(mosaics);
  next_ = 0;
  prefetch();
}

EncodedBatches::Incoming EncodedBatches::fetch(std::int64_t index) const {
  const auto mosaic = mosaics_.find(index);
  return mosaic == mosaics_.end() ? fetch_sample(index) : fetch_mosaic(index, mosaic->second);
}

EncodedBatches::Incoming EncodedBatches::fetch_sample(std::int64_t index) const {
  const TrainingImage& image = set_.images[static_cast<std::size_t>(index)];
  Incoming incoming;
  incoming.index = index;
  incoming.anomalous = image.sample.anomalous;
  incoming.mask = to_tensor(image.mask, encoder_.image_size());
  if (cache_) incoming.features = cache_->load(image.hash);
  if (incoming.features) return incoming;
  const Image decoded = load_sample(image.sample);
  incoming.pixels = to_pixels(decoded, encoder_.image_size());
  incoming.size = {decoded.width, decoded.height};
  return incoming;
}

EncodedBatches::Incoming EncodedBatches::fetch_mosaic(std::int64_t index,
                                                      const MosaicTiles& tiles) const {
  std::array<const Sample*, 4> samples{};
  for (std::size_t i = 0; i < tiles.size(); ++i)
    samples[i] = &set_.images[static_cast<std::size_t>(tiles[i])].sample;
  const Mosaic mosaic = load_mosaic(samples, encoder_.image_size());
  Incoming incoming;
  incoming.index = index;
  incoming.mosaic = true;
  incoming.anomalous = mosaic.anomalous;
  incoming.mask = to_tensor(mosaic.mask.values, encoder_.image_size());
  incoming.pixels = to_pixels(mosaic.picture, encoder_.image_size());
  return incoming;
}

void EncodedBatches::prefetch() {
  if (next_ == batches_.size()) return;
  const BatchShare& share = batches_[next_];
  coming_ = std::async(std::launch::async, [this, &share] {
    std::vector<Incoming> images;
    for (const std::int64_t index : share.mine) images.push_back(fetch(index));
    if (images.empty()) images.push_back(fetch(share.any));  // for its shape
    return images;
  });
}

std::optional<EncodedBatch> EncodedBatches::next(const std::function<bool()>& give_up) {
  const BatchShare& share = batches_[next_++];
  std::vector<Incoming> images = coming_.get();
  prefetch();
  if (!encode_missing(images, give_up)) return std::nullopt;
  return assemble(images, share);
}

bool EncodedBatches::encode_missing(std::vector<Incoming>& images,
                                    const std::function<bool()>& give_up) {
  std::vector<Incoming*> missing;
  for (Incoming& image : images)
    if (!image.features) missing.push_back(&image);
  // One by one on a CPU, which takes as long: an image's features then never depend, in their last bits, on those that
  // it is encoded with.
  const std::size_t at_once = encoder_.device().is_cpu() ? 1 : missing.size();
  for (std::size_t first = 0; first < missing.size(); first += at_once) {
    if (give_up && give_up()) return false;
    const std::size_t last = std::min(missing.size(), first + at_once);
    std::vector<at::Tensor> pixels;
    for (std::size_t i = first; i < last; ++i) pixels.push_back(missing[i]->pixels);
    const VisionFeatures features = encoder_.encode(at::stack(pixels).to(encoder_.device()));
    for (std::size_t i = first; i < last; ++i)
      keep(*missing[i], row_of(features, static_cast<std::int64_t>(i - first)));
  }
  return true;
}

void EncodedBatches::keep(Incoming& image, const VisionFeatures& features) {
  const std::string& hash = set_.images[static_cast<std::size_t>(image.index)].hash;
  if (cache_ && !image.mosaic) cache_->store(hash, features, image.size);
  const VisionFeatures kept = cache_ ? rounded_to_half(features) : features;
  image.features = combined(
      {&kept}, [](const std::vector<at::Tensor>& one) { return one.front().select(0, 0); });
  image.pixels = at::Tensor();
  ++encoded_;
}

EncodedBatch EncodedBatches::assemble(const std::vector<Incoming>& images,
                                      const BatchShare& share) const {
  const at::Device device = encoder_.device();
  std::vector<const VisionFeatures*> features;
  std::vector<at::Tensor> masks;
  std::vector<std::int64_t> labels, has_mask;
  EncodedBatch batch;
  for (const Incoming& incoming : images) {
    const TrainingImage& image = set_.images[static_cast<std::size_t>(incoming.index)];
    features.push_back(&*incoming.features);
    masks.push_back(incoming.mask);
    labels.push_back(incoming.anomalous ? 1 : 0);
    has_mask.push_back(image.has_mask ? 1 : 0);
    batch.class_names.push_back(image.sample.class_name);
  }
  batch.features = combined(features, [&](const std::vector<at::Tensor>& rows) {
    std::vector<at::Tensor> floats;
    for (const at::Tensor& row : rows) floats.push_back(row.to(device).to(at::kFloat));
    return at::stack(floats);
  });
  batch.labels = at::tensor(labels).to(device);
  batch.masks = at::stack(masks).to(device);
  batch.has_mask = at::tensor(has_mask).to(device).to(at::kBool);
  batch.images = share.images;
  batch.images_with_mask = share.images_with_mask;
  batch.all_class_names = share.class_names;
  if (!share.mine.empty()) return batch;
  const auto none = [](const at::Tensor& tensor) { return tensor.slice(0, 0, 0); };
  batch.features = combined({&batch.features},
                            [&](const std::vector<at::Tensor>& one) { return none(one.front()); });
  batch.labels = none(batch.labels);
  batch.masks = none(batch.masks);
  batch.has_mask = none(batch.has_mask);
  batch.class_names.clear();
  return batch;
}

}  // namespace anomalyclip::trainer
