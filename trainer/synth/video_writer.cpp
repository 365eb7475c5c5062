#include "video_writer.h"

#include <cstdio>
#include <filesystem>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <anomalyclip/error.h>

namespace anomalyclip::synth {

namespace fs = std::filesystem;

namespace {

class Y4mWriter : public VideoWriter {
 public:
  Y4mWriter(const std::string& target, int width, int height, int fps)
      : target_(target),
        aside_(target + ".part"),
        file_(target == "-" ? stdout : std::fopen(aside_.c_str(), "wb")) {
    if (file_ == nullptr)
      throw Error(ErrorCode::kRead,
                  "Cannot write " + target + ". Does its folder exist, and may you write there?");
    std::fprintf(file_, "YUV4MPEG2 W%d H%d F%d:1 Ip A1:1 C420jpeg\n", width, height, fps);
  }

  ~Y4mWriter() override {
    if (file_ == nullptr || file_ == stdout) return;
    std::fclose(file_);
    std::remove(aside_.c_str());
  }

  void write(const cv::Mat3b& rgb) override {
    cv::Mat1b planes;
    cv::cvtColor(rgb, planes, cv::COLOR_RGB2YUV_I420);
    std::fputs("FRAME\n", file_);
    if (std::fwrite(planes.data, 1, planes.total(), file_) != planes.total()) fail();
  }

  void finish() override {
    std::FILE* file = file_;
    file_ = nullptr;
    if ((file == stdout ? std::fflush(file) : std::fclose(file)) != 0) fail();
    if (file != stdout) fs::rename(aside_, target_);
  }

 private:
  [[noreturn]] void fail() const {
    throw Error(ErrorCode::kRead,
                "Cannot write all of " + target_ + ". Is the disk full, or the reader gone?");
  }

  std::string target_, aside_;
  std::FILE* file_;
};

class FolderWriter : public VideoWriter {
 public:
  explicit FolderWriter(const std::string& folder) : folder_(folder) {
    fs::create_directories(folder);
  }

  void write(const cv::Mat3b& rgb) override {
    char name[32];
    std::snprintf(name, sizeof name, "%06d.png", count_++);
    cv::Mat bgr;
    cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
    if (!cv::imwrite((folder_ / name).string(), bgr, {cv::IMWRITE_PNG_COMPRESSION, 1}))
      throw Error(ErrorCode::kRead,
                  "Cannot write " + (folder_ / name).string() + ". Is the disk full?");
  }

  void finish() override {}

 private:
  fs::path folder_;
  int count_ = 0;
};

}  // namespace

std::unique_ptr<VideoWriter> VideoWriter::open(const std::string& target, int width, int height,
                                               int fps) {
  const std::string extension = fs::path(target).extension().string();
  if (target == "-" || extension == ".y4m")
    return std::make_unique<Y4mWriter>(target, width, height, fps);
  if (extension.empty()) return std::make_unique<FolderWriter>(target);
  throw Error(ErrorCode::kSettings,
              "Cannot encode " + target +
                  ": videos are written as .y4m, which needs no codec. Encode it with "
                  "gst-launch-1.0 filesrc location=line.y4m ! y4mdec ! videoconvert ! x264enc ! "
                  "matroskamux ! filesink location=line.mkv");
}

}  // namespace anomalyclip::synth
