#include "part.h"

#include <algorithm>
#include <numeric>

#include <opencv2/imgproc.hpp>

#include <anomalyclip/error.h>

#include "camera.h"
#include "damage.h"
#include "textures.h"

namespace anomalyclip::synth {

namespace {

template <typename Kinds>
int index_of(const Kinds& kinds, const std::string& name) {
  for (std::size_t i = 0; i < kinds.size(); ++i)
    if (name == kinds[i].name) return static_cast<int>(i);
  return -1;
}

bool held_out(std::span<const char* const> names, const std::string& name) {
  return std::any_of(names.begin(), names.end(), [&](const char* other) { return name == other; });
}

Repertoire split(bool want_held_out) {
  Repertoire out;
  for (std::size_t i = 0; i < texture_kinds().size(); ++i)
    if (held_out(kHeldOutTextures, texture_kinds()[i].name) == want_held_out)
      out.textures.push_back(static_cast<int>(i));
  for (std::size_t i = 0; i < shape_kinds().size(); ++i)
    if (held_out(kHeldOutShapes, shape_kinds()[i].name) == want_held_out)
      out.shapes.push_back(static_cast<int>(i));
  return out;
}

}  // namespace

Repertoire all_kinds() {
  Repertoire out;
  out.textures.resize(texture_kinds().size());
  out.shapes.resize(shape_kinds().size());
  std::iota(out.textures.begin(), out.textures.end(), 0);
  std::iota(out.shapes.begin(), out.shapes.end(), 0);
  return out;
}

Repertoire training_kinds() {
  return split(false);
}

Repertoire held_out_kinds() {
  return split(true);
}

Repertoire named_kinds(const std::vector<std::string>& names) {
  Repertoire out;
  for (const std::string& name : names) {
    const int texture = index_of(texture_kinds(), name), shape = index_of(shape_kinds(), name);
    if (texture >= 0) out.textures.push_back(texture);
    if (shape >= 0) out.shapes.push_back(shape);
    if (texture >= 0 || shape >= 0) continue;
    std::string known;
    for (const TextureKind& kind : texture_kinds()) known += std::string(" ") + kind.name;
    known += "; shapes:";
    for (const ShapeKind& kind : shape_kinds()) known += std::string(" ") + kind.name;
    throw Error(ErrorCode::kSettings,
                "There is no kind of part \"" + name + "\". Textures:" + known + ".");
  }
  return out;
}

void name_kinds(Part& part, const std::string& texture, const std::string& shape) {
  part.texture = texture;
  part.shape = shape;
  part.texture_kind = index_of(texture_kinds(), texture);
  part.shape_kind = index_of(shape_kinds(), shape);
}

void name_defect(Part& part, int kind) {
  part.defect_kind = kind;
  part.defect = defect_kinds()[static_cast<std::size_t>(kind)].name;
}

Part draw_part(const PartSettings& settings, std::uint64_t seed, std::uint64_t index) {
  Sketch sketch{Random(seed, 4 * index), settings.size};
  Random& r = sketch.random;
  const Repertoire& repertoire = settings.repertoire;
  const bool sheet = repertoire.shapes.empty() || !r.chance(settings.object_share);
  const Scene scene = sheet ? draw_sheet(sketch, repertoire) : draw_object(sketch, repertoire);
  const Image good = scene.composed();

  Sketch camera_sketch{Random(seed, 4 * index + 1), settings.size};
  const Camera camera(camera_sketch);
  Part part;
  name_kinds(part, scene.texture, scene.shape);
  part.mask = cv::Mat1b(good.size(), static_cast<uchar>(0));

  Image seen = camera.expose(good);
  if (settings.want_twin) part.twin = camera.capture(seen);
  Sketch defect_sketch{Random(seed, 4 * index + 2), settings.size};
  if (r.chance(settings.defect_share)) {
    for (int attempt = 0; attempt < 3 && !part.defective(); ++attempt) {
      const Damage damage = damaged(defect_sketch, scene, good, repertoire.textures);
      if (damage.kind < 0) continue;
      const Image bad = camera.expose(damage.image);
      const cv::Mat1b mask = visible(damage.touched, seen, bad, camera.noise_sigma());
      if (cv::countNonZero(mask) < least_area(sketch)) continue;
      seen = bad;
      part.mask = mask;
      name_defect(part, damage.kind);
    }
  }
  part.image = camera.capture(seen);
  return part;
}

}  // namespace anomalyclip::synth
