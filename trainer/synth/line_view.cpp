#include "line_view.h"

#include <algorithm>

#include <opencv2/imgproc.hpp>

#include "camera.h"
#include "damage.h"
#include "line_pieces.h"

namespace anomalyclip::synth {

namespace {

constexpr float kAspects[] = {1.f, 4.f / 3.f, 16.f / 9.f};
constexpr float kDefectiveShare = 0.6f;  ///< of the pieces, where the picture is to show a defect

/// The belt as it should be, and as it is.
struct Strip {
  Image good, bad;
  Plane touched;
  std::string shape, texture;
  int defect_kind = -1;
};

Image draw_belt(Random& r, int height, int width, const std::vector<int>& textures) {
  Sketch sketch{Random(r.bits(), 0), height};
  const Image tile = draw_belt_tile(sketch, textures);
  Image mirrored, pair;
  cv::flip(tile, mirrored, 1);
  cv::hconcat(tile, mirrored, pair);
  return Image(cv::repeat(pair, 1, width / pair.cols + 1))(cv::Rect(0, 0, width, height)).clone();
}

void lay(Strip& strip, Sketch& s, const cv::Rect& place, const Product& product, bool defective,
         const std::vector<int>& materials) {
  const Scene scene = draw_piece(s, product, strip.good(place));
  strip.shape = scene.shape;
  strip.texture = scene.texture;
  const Image good = scene.composed();
  good.copyTo(strip.good(place));
  good.copyTo(strip.bad(place));
  if (!defective) return;
  const Damage damage = damaged(s, scene, good, materials);
  if (damage.kind < 0) return;
  strip.defect_kind = damage.kind;
  damage.image.copyTo(strip.bad(place));
  damage.touched.copyTo(strip.touched(place));
}

Strip draw_strip(Random& r, const PartSettings& settings, int width) {
  const int height = settings.size,
            piece = static_cast<int>(r.uniform(0.6f, 0.85f) * static_cast<float>(height)) & ~1;
  const int length = width + 2 * piece;  // pieces may be cut by both edges of the picture
  Strip strip;
  strip.good = draw_belt(r, height, length, settings.repertoire.textures);
  strip.bad = strip.good.clone();
  strip.touched = Plane(strip.good.size(), 0.f);
  Sketch traits{Random(r.bits(), 0), 2 * piece};
  const Product product = draw_product(traits, settings.repertoire, nullptr);
  const bool defective = r.chance(settings.defect_share);
  const auto gap = static_cast<int>(r.uniform(1.02f, 1.6f) * static_cast<float>(piece));
  for (int x = r.integer(0, gap); x + piece <= length; x += gap) {
    Sketch s{Random(r.bits(), 0), piece};
    const cv::Rect place(x, r.integer(0, height - piece + 1), piece, piece);
    lay(strip, s, place, product, defective && r.chance(kDefectiveShare),
        settings.repertoire.textures);
  }
  const cv::Rect view(piece, 0, width, height);
  strip.good = strip.good(view);
  strip.bad = strip.bad(view);
  strip.touched = strip.touched(view);
  return strip;
}

template <typename Picture>
void squash(Picture& picture, int size) {
  cv::resize(picture, picture, {size, size}, 0, 0, cv::INTER_AREA);
}

}  // namespace

Part draw_line_view(const PartSettings& settings, std::uint64_t seed, std::uint64_t index) {
  Random r(seed, 4 * index);
  const int width =
      static_cast<int>(kAspects[r.integer(0, 3)] * static_cast<float>(settings.size)) & ~1;
  Strip strip = draw_strip(r, settings, width);
  if (r.chance(0.5f)) {  // the belt moves while the shutter is open
    const cv::Size smear(r.chance(0.7f) ? 2 : 3, 1);
    cv::blur(strip.good, strip.good, smear);
    cv::blur(strip.bad, strip.bad, smear);
  }
  squash(strip.good, settings.size);
  squash(strip.bad, settings.size);
  squash(strip.touched, settings.size);

  Sketch camera_sketch{Random(seed, 4 * index + 1), settings.size};
  const Camera camera(camera_sketch);
  const Image good = camera.expose(strip.good);
  Part part;
  name_kinds(part, strip.texture, strip.shape);
  part.mask = cv::Mat1b(good.size(), static_cast<uchar>(0));
  if (settings.want_twin) part.twin = camera.capture(good);
  if (strip.defect_kind >= 0) {
    const Image bad = camera.expose(strip.bad);
    const cv::Mat1b mask = visible(strip.touched, good, bad, camera.noise_sigma());
    if (cv::countNonZero(mask) >= least_area(camera_sketch)) {
      part.mask = mask;
      name_defect(part, strip.defect_kind);
      part.image = camera.capture(bad);
      return part;
    }
  }
  part.image = camera.capture(good);
  return part;
}

}  // namespace anomalyclip::synth
