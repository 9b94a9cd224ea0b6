// A card's memory lies in main memory: allocated, counted and limited by device.
#pragma once
#include <ATen/EmptyTensor.h>
#include <ATen/core/Tensor.h>
#include <c10/core/CPUAllocator.h>

#include <cstring>
#include <mutex>
#include <set>

#include "queue.h"

namespace simulated {

inline thread_local int current_device = 0;

inline void charge(c10::Device device, uint64_t bytes) {
  Card& on = card(device.index());
  if (const Failure* failure = on.failure_of("*")) TORCH_CHECK(false, failure->message);
  uint64_t live = on.live_bytes += bytes;
  if (live > on.memory_bytes) {
    on.live_bytes -= bytes;
    TORCH_CHECK_WITH(OutOfMemoryError, false, "CUDA out of memory. Tried to allocate ", bytes / 1048576.0,
                     " MiB. GPU ", int(device.index()), " has a total capacity of ",
                     on.memory_bytes / 1048576.0, " MiB of which ", (on.memory_bytes - (live - bytes)) / 1048576.0,
                     " MiB is free.");
  }
  uint64_t peak = on.peak_bytes;
  while (live > peak && !on.peak_bytes.compare_exchange_weak(peak, live)) {}
}

struct Owned {
  c10::DataPtr data;
  int device;
  uint64_t bytes;
};

inline void release(void* context) {
  auto* owned = static_cast<Owned*>(context);
  card(owned->device).live_bytes -= owned->bytes;
  delete owned;
}

// Memory that a computation on the CPU made, as a card's own.
inline c10::DataPtr as_card_memory(c10::DataPtr data, uint64_t bytes, c10::Device device) {
  charge(device, bytes);
  void* at = data.get();
  return {at, new Owned{std::move(data), device.index(), bytes}, &release, device};
}

class CardAllocator final : public c10::Allocator {
 public:
  explicit CardAllocator(c10::DeviceType type) : type_(type) {}
  c10::DataPtr allocate(size_t bytes) override {
    return as_card_memory(c10::GetCPUAllocator()->allocate(bytes), bytes, {type_, (c10::DeviceIndex)current_device});
  }
  c10::DeleterFnPtr raw_deleter() const override { return nullptr; }
  void copy_data(void* to, const void* from, size_t bytes) const override { std::memcpy(to, from, bytes); }

 private:
  c10::DeviceType type_;
};

inline CardAllocator* allocator_of(c10::DeviceType type) {
  static CardAllocator cuda(c10::DeviceType::CUDA), mps(c10::DeviceType::MPS);
  return type == c10::DeviceType::CUDA ? &cuda : &mps;
}

// Pinned memory is main memory that is remembered as such.
class PinnedAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    c10::DataPtr data = c10::GetCPUAllocator()->allocate(bytes);
    std::lock_guard<std::mutex> lock(mutex());
    if (data.get()) pinned().insert(data.get());
    void* at = data.get();
    return {at, new c10::DataPtr(std::move(data)), &forget, c10::kCPU};
  }
  c10::DeleterFnPtr raw_deleter() const override { return nullptr; }
  void copy_data(void* to, const void* from, size_t bytes) const override { std::memcpy(to, from, bytes); }
  static bool holds(const void* at) {
    std::lock_guard<std::mutex> lock(mutex());
    return pinned().count(at) > 0;
  }

 private:
  static std::mutex& mutex() { static std::mutex one; return one; }
  static std::set<const void*>& pinned() { static std::set<const void*> all; return all; }
  static void forget(void* context) {
    auto* data = static_cast<c10::DataPtr*>(context);
    {
      std::lock_guard<std::mutex> lock(mutex());
      pinned().erase(data->get());
    }
    delete data;
  }
};

inline PinnedAllocator* pinned_allocator() {
  static PinnedAllocator allocator;
  return &allocator;
}

}  // namespace simulated
