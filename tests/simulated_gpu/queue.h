// What a simulated card is, and its time: a program launches, a queue holds what it launched, a card works through it.
#pragma once
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace simulated {

constexpr size_t QUEUE = 1024;  // launches that a card takes before the program has to wait

// The program's own time: the machine's, less what kernels took to be computed here, plus the cards' time waited for.
class HostClock {
 public:
  double now_s() {
    std::lock_guard<std::mutex> lock(mutex_);
    return shown();
  }
  void shift_s(double seconds) {
    std::lock_guard<std::mutex> lock(mutex_);
    offset_s_ += seconds;
  }
  void wait_until_s(double at_s) {
    std::lock_guard<std::mutex> lock(mutex_);
    double now = shown();
    if (at_s > now) offset_s_ += at_s - now;
  }
  static double real_s() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }

 private:
  double shown() { return latest_s_ = std::max(latest_s_, real_s() + offset_s_); }  // never runs backwards
  std::mutex mutex_;
  double offset_s_ = 0, latest_s_ = 0;
};

inline HostClock& host_clock() {
  static HostClock clock;
  return clock;
}

struct Failure {
  std::string operation;  // "aten::mm", or "*" for every one, allocation included
  std::string message;
};

struct Card {
  // What a test may set, each with the figures of no card in particular.
  double launch_s = 4e-6;        // what a launch takes the program
  double least_kernel_s = 2e-6;  // no kernel is shorter
  double bytes_a_second = 1e12;
  double operations_a_second = 50e12;
  double link_bytes_a_second = 20e9;  // between main memory and the card
  uint64_t memory_bytes = 16ull << 30;
  bool float64 = true;
  std::vector<Failure> failures;

  std::atomic<uint64_t> live_bytes{0}, peak_bytes{0}, kernels{0};

  // One launch: the program's time, then the card's. Returns when the card will be done.
  double launch(double kernel_s, double launch_takes_s) {
    host_clock().shift_s(launch_takes_s);
    std::lock_guard<std::mutex> lock(mutex_);
    double now = host_clock().now_s();
    while (!waiting_.empty() && waiting_.front() <= now) waiting_.pop_front();
    if (waiting_.size() >= QUEUE) {
      host_clock().wait_until_s(waiting_.front());
      now = host_clock().now_s();
      waiting_.pop_front();
    }
    busy_until_s_ = std::max(busy_until_s_, now) + kernel_s;
    waiting_.push_back(busy_until_s_);
    return busy_until_s_;
  }
  void synchronise() {
    double until;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      until = busy_until_s_;
    }
    host_clock().wait_until_s(until);
  }
  const Failure* failure_of(const std::string& operation) const {
    for (const Failure& failure : failures)
      if (failure.operation == "*" || failure.operation == operation) return &failure;
    return nullptr;
  }

 private:
  std::mutex mutex_;
  std::deque<double> waiting_;  // when each launch will be done
  double busy_until_s_ = 0;
};

constexpr int MOST_CARDS = 4;
inline Card& card(int index) {
  static Card cards[MOST_CARDS];
  return cards[index];
}
inline bool& is_apple() {
  static bool apple = false;
  return apple;
}
inline int& cards_present() {
  static int count = 1;
  return count;
}

}  // namespace simulated
