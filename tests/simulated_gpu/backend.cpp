// The simulated card as torch sees it: hooks, a device guard, generators, and kernels that are the CPU's own.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/detail/MPSHooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <map>

#include "memory.h"

using namespace simulated;

namespace {

bool is_card(c10::Device device) { return device.is_cuda() || device.is_mps(); }

void needs_float64_of(c10::Device device, at::ScalarType type) {
  bool wide = type == at::kDouble || type == at::kComplexDouble;
  TORCH_CHECK_TYPE(!wide || card(device.index()).float64,
                   "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64. "
                   "Please use float32 instead.");
}

// ---- which card is the current one

template <c10::DeviceType TYPE>
struct Guard final : c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return TYPE; }
  c10::Device exchangeDevice(c10::Device to) const override {
    c10::Device before = getDevice();
    setDevice(to);
    return before;
  }
  c10::Device getDevice() const override { return {TYPE, (c10::DeviceIndex)current_device}; }
  void setDevice(c10::Device to) const override {
    TORCH_CHECK(to.index() < cards_present(), "CUDA error: invalid device ordinal");
    current_device = std::max<int>(to.index(), 0);
  }
  void uncheckedSetDevice(c10::Device to) const noexcept override { current_device = std::max<int>(to.index(), 0); }
  c10::Stream getStream(c10::Device of) const override { return c10::Stream(c10::Stream::DEFAULT, of); }
  c10::Stream getDefaultStream(c10::Device of) const override { return c10::Stream(c10::Stream::DEFAULT, of); }
  c10::Stream exchangeStream(c10::Stream to) const override { return to; }
  c10::DeviceIndex deviceCount() const noexcept override { return cards_present(); }
};
C10_REGISTER_GUARD_IMPL(CUDA, Guard<c10::DeviceType::CUDA>);
C10_REGISTER_GUARD_IMPL(MPS, Guard<c10::DeviceType::MPS>);

// ---- random numbers: a card's generator draws others than the CPU's does from the same seed

struct CardGenerator final : c10::GeneratorImpl {
  explicit CardGenerator(c10::Device device)
      : c10::GeneratorImpl(device, c10::DispatchKeySet(device.is_cuda() ? c10::DispatchKey::CUDA : c10::DispatchKey::MPS)),
        inner(at::detail::createCPUGenerator()) {
    set_current_seed(c10::default_rng_seed_val);
  }
  void set_current_seed(uint64_t seed) override {
    seed_ = seed;
    inner.set_current_seed(seed ^ 0x9E3779B97F4A7C15ull);
  }
  void set_offset(uint64_t) override {}
  uint64_t get_offset() const override { return 0; }
  uint64_t current_seed() const override { return seed_; }
  uint64_t seed() override {
    set_current_seed(c10::detail::getNonDeterministicRandom());
    return seed_;
  }
  void set_state(const c10::TensorImpl& state) override { inner.unsafeGetGeneratorImpl()->set_state(state); }
  c10::intrusive_ptr<c10::TensorImpl> get_state() const override { return inner.unsafeGetGeneratorImpl()->get_state(); }
  CardGenerator* clone_impl() const override {
    auto* copy = new CardGenerator(device());
    copy->inner = inner.clone();
    copy->seed_ = seed_;
    return copy;
  }
  at::Generator inner;

 private:
  uint64_t seed_ = 0;
};

bool default_is_asked_for = false;  // while Python gets its object for the default generator

const at::Generator& default_generator(c10::Device device);

at::Generator new_generator(c10::DeviceType type, int index) {
  if (default_is_asked_for) {
    default_is_asked_for = false;
    return default_generator({type, (c10::DeviceIndex)index});
  }
  c10::Device device(type, index < 0 ? current_device : index);
  return at::Generator(c10::make_intrusive<CardGenerator>(device));
}

const at::Generator& default_generator(c10::Device device) {
  static std::map<std::pair<int, int>, at::Generator> all;
  static std::mutex mutex;
  std::lock_guard<std::mutex> lock(mutex);
  int index = device.index() < 0 ? current_device : device.index();
  auto found = all.find({(int)device.type(), index});
  if (found == all.end())
    found = all.emplace(std::make_pair((int)device.type(), index), new_generator(device.type(), index)).first;
  return found->second;
}

}  // namespace

namespace at {

// Named as torch looks them up.
template <class Interface, c10::DeviceType TYPE>
struct SimulatedHooks : Interface {
  void init() const override {}
  bool isBuilt() const override { return is_apple() == (TYPE == c10::DeviceType::MPS); }
  bool isAvailable() const override { return isBuilt(); }
  bool hasPrimaryContext(DeviceIndex) const override { return true; }
  DeviceIndex deviceCount() const override { return cards_present(); }
  DeviceIndex getCurrentDevice() const override { return current_device; }
  void setCurrentDevice(DeviceIndex index) const override { current_device = index; }
  Allocator* getPinnedMemoryAllocator() const override { return pinned_allocator(); }
  bool isPinnedPtr(const void* data) const override { return PinnedAllocator::holds(data); }
  const Generator& getDefaultGenerator(DeviceIndex index) const override { return default_generator({TYPE, index}); }
  Generator getNewGenerator(DeviceIndex index) const override { return new_generator(TYPE, index); }
};

struct CUDAHooks final : SimulatedHooks<CUDAHooksInterface, c10::DeviceType::CUDA> {
  explicit CUDAHooks(CUDAHooksArgs) {}
  bool hasCUDA() const override { return !is_apple(); }
  DeviceIndex current_device() const override { return simulated::current_device; }
};
REGISTER_CUDA_HOOKS(CUDAHooks);

struct MPSHooks final : SimulatedHooks<MPSHooksInterface, c10::DeviceType::MPS> {
  bool hasMPS() const override { return is_apple(); }
  bool isOnMacOSorNewer(unsigned, unsigned) const override { return true; }
};
REGISTER_MPS_HOOKS(MPSHooks);

}  // namespace at

namespace {

// ---- the same memory as the CPU's tensor, for the time of one call

struct Call {
  const c10::OperatorHandle& op;
  c10::Device device;
  std::map<const c10::TensorImpl*, at::Tensor> known;        // the CPU's tensor -> the card's
  struct Origin {
    c10::Storage storage;
    std::optional<c10::DispatchKeySet> keys;  // of the tensor that it belongs to; a view has its keys
  };
  std::map<const c10::StorageImpl*, Origin> storages;        // likewise
  std::vector<at::Tensor> hosts;                             // kept alive
  uint64_t bytes = 0;                                        // read and written
  bool crosses = false;                                      // between main memory and the card
  bool only_views = true;

  at::Tensor host(const at::Tensor& tensor) {
    if (!tensor.defined()) return tensor;
    at::Tensor host = is_card(tensor.device()) ? alias(tensor) : tensor;
    known.emplace(host.unsafeGetTensorImpl(), tensor);
    hosts.push_back(host);
    return host;
  }

  at::Tensor card_tensor(const at::Tensor& result) {
    if (!result.defined()) return result;
    auto found = known.find(result.unsafeGetTensorImpl());
    if (found != known.end()) {
      follow(result, found->second);
      return found->second;
    }
    return wrap(result);
  }

 private:
  at::Tensor alias(const at::Tensor& tensor) {
    const c10::Storage& storage = tensor.storage();
    auto context = new c10::Storage(storage);
    c10::DataPtr data(storage.mutable_data(), context, [](void* held) { delete static_cast<c10::Storage*>(held); }, c10::kCPU);
    auto same = c10::make_intrusive<c10::StorageImpl>(c10::StorageImpl::use_byte_size_t(), storage.nbytes(), std::move(data),
                                                      c10::GetCPUAllocator(), /*resizable=*/true);
    storages.emplace(same.get(), Origin{storage, tensor.key_set()});
    auto host = at::detail::make_tensor<c10::TensorImpl>(c10::Storage(same), c10::DispatchKeySet(c10::DispatchKey::CPU), tensor.dtype());
    auto* impl = host.unsafeGetTensorImpl();
    impl->set_sizes_and_strides(tensor.sizes(), tensor.strides(), tensor.storage_offset());
    if (tensor.unsafeGetTensorImpl()->is_wrapped_number()) impl->set_wrapped_number(true);
    return host;
  }

  // An operator may have resized what it wrote into.
  void follow(const at::Tensor& host, const at::Tensor& tensor) {
    if (!is_card(tensor.device())) return;
    auto* impl = tensor.unsafeGetTensorImpl();
    auto* now = host.storage().unsafeGetStorageImpl();
    auto* was = tensor.storage().unsafeGetStorageImpl();
    if (now->data() != was->data() || now->nbytes() != was->nbytes()) {
      auto keeper = new c10::Storage(host.storage());
      c10::DataPtr data(now->mutable_data(), keeper, [](void* held) { delete static_cast<c10::Storage*>(held); }, c10::kCPU);
      was->set_data_ptr_noswap(as_card_memory(std::move(data), now->nbytes(), tensor.device()));
      was->set_nbytes(now->nbytes());
    }
    if (host.sizes() != tensor.sizes() || host.strides() != tensor.strides() || host.storage_offset() != tensor.storage_offset())
      impl->set_sizes_and_strides(host.sizes(), host.strides(), host.storage_offset());
  }

  at::Tensor wrap(const at::Tensor& result) {
    needs_float64_of(device, result.scalar_type());
    auto* from = result.storage().unsafeGetStorageImpl();
    auto found = storages.find(from);
    if (found == storages.end()) {
      only_views = false;
      auto keeper = new c10::Storage(result.storage());
      c10::DataPtr data(from->mutable_data(), keeper, [](void* held) { delete static_cast<c10::Storage*>(held); }, c10::kCPU);
      auto owned = c10::make_intrusive<c10::StorageImpl>(c10::StorageImpl::use_byte_size_t(), from->nbytes(),
                                                         as_card_memory(std::move(data), from->nbytes(), device),
                                                         allocator_of(device.type()), true);
      found = storages.emplace(from, Origin{c10::Storage(owned), std::nullopt}).first;
      hosts.push_back(result);  // so that no other storage gets its address
    }
    auto key = device.is_cuda() ? c10::DispatchKey::CUDA : c10::DispatchKey::MPS;
    c10::Storage storage = found->second.storage;
    const auto& keys = found->second.keys;
    at::Tensor wrapped = keys ? at::detail::make_tensor<c10::TensorImpl>(c10::TensorImpl::VIEW, std::move(storage), *keys, result.dtype())
                              : at::detail::make_tensor<c10::TensorImpl>(std::move(storage), c10::DispatchKeySet(key), result.dtype());
    wrapped.unsafeGetTensorImpl()->set_sizes_and_strides(result.sizes(), result.strides(), result.storage_offset());
    if (result.is_conj()) wrapped._set_conj(true);
    if (result.is_neg()) wrapped._set_neg(true);
    bytes += wrapped.numel() * wrapped.element_size();
    return wrapped;
  }
};

template <class Visit>
void each_tensor(const c10::IValue& value, Visit visit) {
  if (value.isTensor()) {
    if (value.toTensor().defined()) visit(value.toTensor());
  } else if (value.isTensorList()) {
    for (const at::Tensor& tensor : value.toTensorVector()) visit(tensor);
  } else if (value.isList()) {
    for (const c10::IValue& part : value.toListRef())
      if (part.isTensor() && part.toTensor().defined()) visit(part.toTensor());
  }
}

template <class Change>
c10::IValue changed(const c10::IValue& value, Change change) {
  if (value.isTensor()) return change(value.toTensor());
  if (value.isTensorList()) {
    c10::List<at::Tensor> list;
    for (const at::Tensor& tensor : value.toTensorVector()) list.push_back(change(tensor));
    return list;
  }
  if (value.isList() && value.toList().elementType()->kind() == c10::TypeKind::OptionalType) {
    c10::List<std::optional<at::Tensor>> list;
    for (const c10::IValue& part : value.toListRef())
      list.push_back(part.isTensor() ? std::optional<at::Tensor>(change(part.toTensor())) : std::nullopt);
    return list;
  }
  return value;
}

bool may_mix(const std::string& name) {
  return name == "aten::copy_" || name == "aten::_copy_from" || name == "aten::index" || name == "aten::_index_put_impl_" ||
         name == "aten::index_put_" || name == "aten::index_put";
}

c10::Device card_of(const c10::OperatorHandle& op, const std::vector<at::Tensor>& tensors) {
  const std::string& name = op.schema().name();
  auto on_card = std::find_if(tensors.begin(), tensors.end(), [](const at::Tensor& t) { return is_card(t.device()); });
  TORCH_CHECK(on_card != tensors.end(), name, " was given no tensor of a card");
  c10::Device device = on_card->device();
  TORCH_CHECK(name != "aten::index" || is_card(tensors.front().device()),
              "indices should be either on cpu or on the same device as the indexed tensor (cpu)");
  for (const at::Tensor& tensor : tensors) {
    bool odd = tensor.device() != device && (is_card(tensor.device()) || (tensor.dim() > 0 && !may_mix(name)));
    TORCH_CHECK(!odd || name == "aten::copy_", "Expected all tensors to be on the same device, but found at least two devices, ",
                device, " and ", tensor.device(), "! (when checking argument in method wrapper_CUDA_", name, ")");
  }
  return device;
}

// ---- how long the card takes: what it has to move, or to multiply

double products_of(const std::string& name, const std::vector<at::Tensor>& in) {
  auto of = [](const at::Tensor& a, const at::Tensor& b) { return 2.0 * a.numel() * b.size(-1); };
  if (name == "aten::mm" || name == "aten::bmm" || name == "aten::_int_mm" || name == "aten::_scaled_mm") return of(in[0], in[1]);
  if (name == "aten::addmm" || name == "aten::baddbmm") return of(in[1], in[2]);
  return 0;
}

void launch(Call& call, const std::vector<at::Tensor>& in, double real_s) {
  Card& on = card(call.device.index());
  const std::string& name = call.op.schema().name();
  double moved_s = call.bytes / on.bytes_a_second;
  bool pageable = false;
  if (call.crosses) {
    moved_s = call.bytes / 2 / on.link_bytes_a_second;
    for (const at::Tensor& tensor : in)
      pageable = pageable || (tensor.is_cpu() && !PinnedAllocator::holds(tensor.storage().data()));
  }
  double kernel_s = std::max({on.least_kernel_s, moved_s, products_of(name, in) / on.operations_a_second});
  host_clock().shift_s(-real_s);
  on.kernels++;
  on.launch(kernel_s, on.launch_s);
  if (pageable || call.op.hasTag(at::Tag::data_dependent_output)) on.synchronise();
}

// ---- every operator: computed by the CPU, on the same memory

// A product of float8 by way of float32: the CPU's own prepares each call anew, which takes 20 ms.
at::Tensor scaled_mm(const c10::IValue* given) {
  at::Tensor a = given[0].toTensor(), b = given[1].toTensor();
  at::Tensor product = a.to(at::kFloat).mm(b.to(at::kFloat)).mul(given[2].toTensor()).mul(given[3].toTensor());
  if (given[4].isTensor()) product = product.add(given[4].toTensor());
  if (given[5].isTensor()) product = product.mul(given[5].toTensor());
  return product.to(given[6].isNone() ? a.scalar_type() : given[6].toScalarType());
}

void compute(const c10::OperatorHandle& op, torch::jit::Stack* stack, size_t count) {
  if (op.schema().name() != "aten::_scaled_mm" || !op.schema().overload_name().empty()) return op.callBoxed(stack);
  at::Tensor result = scaled_mm(&(*stack)[stack->size() - count]);
  torch::jit::drop(*stack, count);
  stack->push_back(result);
}

void run(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  at::AutoDispatchBelowADInplaceOrView below;
  const auto& schema = op.schema();
  size_t count = schema.arguments().size(), first = stack->size() - count;
  std::vector<at::Tensor> in;
  for (size_t i = first; i < stack->size(); i++) each_tensor((*stack)[i], [&](const at::Tensor& t) { in.push_back(t); });
  Call call{op, card_of(op, in)};
  if (const Failure* failure = card(call.device.index()).failure_of(schema.name())) TORCH_CHECK(false, failure->message);
  double began_s = HostClock::real_s();

  bool own_generator = false;
  for (size_t i = 0; i < count; i++) {
    c10::IValue& value = (*stack)[first + i];
    const auto& argument = schema.arguments()[i];
    bool is_generator = argument.type()->str() == "Generator?" || argument.type()->str() == "Generator";
    if (value.isDevice() && is_card(value.toDevice())) {
      value = c10::Device(c10::kCPU);
    } else if (is_generator) {
      own_generator = true;
      at::Generator generator = value.isNone() ? default_generator(call.device) : value.toGenerator();
      TORCH_CHECK(generator.device().type() == call.device.type(), "Expected a '", c10::DeviceTypeName(call.device.type(), true),
                  "' device type for generator but found '", c10::DeviceTypeName(generator.device().type(), true), "'");
      value = static_cast<CardGenerator*>(generator.unsafeGetGeneratorImpl())->inner;
    } else {
      value = changed(value, [&](const at::Tensor& t) { return call.host(t); });
    }
  }
  for (const at::Tensor& tensor : in) {
    call.bytes += tensor.numel() * tensor.element_size();
    call.crosses = call.crosses || (tensor.is_cpu() && tensor.dim() > 0);
  }
  call.crosses = call.crosses && schema.name() == "aten::copy_";
  for (const auto& returned : schema.returns()) call.only_views = call.only_views && returned.alias_info() && !returned.alias_info()->isWrite();
  bool views = call.only_views && !schema.returns().empty();

  if (op.hasTag(at::Tag::nondeterministic_seeded) && !own_generator) {
    // Without a generator of its own it draws from the default one: the card's is put in the CPU's place.
    at::Generator cpu = at::detail::getDefaultCPUGenerator();
    auto* drawn = static_cast<CardGenerator*>(default_generator(call.device).unsafeGetGeneratorImpl());
    at::Tensor before = cpu.get_state();
    cpu.set_state(drawn->inner.get_state());
    op.callBoxed(stack);
    drawn->inner.set_state(cpu.get_state());
    cpu.set_state(before);
  } else {
    compute(op, stack, count);
  }

  size_t returns = schema.returns().size();
  for (size_t i = stack->size() - returns; i < stack->size(); i++)
    (*stack)[i] = changed((*stack)[i], [&](const at::Tensor& t) { return call.card_tensor(t); });
  for (const at::Tensor& host : call.hosts) {  // written into without being returned
    auto found = call.known.find(host.unsafeGetTensorImpl());
    if (found != call.known.end()) call.card_tensor(host);
  }
  double real_s = HostClock::real_s() - began_s;
  if (views && call.only_views) return;
  launch(call, in, real_s);
}

// ---- what cannot be the CPU's: new tensors, and tensors that get another storage

template <c10::DeviceType TYPE>
c10::Device asked_for(std::optional<c10::Device> device, at::ScalarType type) {
  c10::Device on(TYPE, device && device->has_index() ? device->index() : current_device);
  TORCH_CHECK(on.index() < cards_present(), "CUDA error: invalid device ordinal");
  needs_float64_of(on, type);
  return on;
}

template <c10::DeviceType TYPE, c10::DispatchKey KEY>
at::Tensor empty(c10::IntArrayRef size, std::optional<at::ScalarType> dtype, std::optional<at::Layout>, std::optional<c10::Device> device,
                 std::optional<bool>, std::optional<at::MemoryFormat> format) {
  at::ScalarType type = c10::dtype_or_default(dtype);
  Guard<TYPE> guard;
  c10::Device before = guard.exchangeDevice(asked_for<TYPE>(device, type));
  try {
    at::Tensor made = at::detail::empty_generic(size, allocator_of(TYPE), c10::DispatchKeySet(KEY), type, format);
    guard.setDevice(before);
    return made;
  } catch (...) {
    guard.setDevice(before);
    throw;
  }
}

template <c10::DeviceType TYPE, c10::DispatchKey KEY>
at::Tensor empty_strided(c10::IntArrayRef size, c10::IntArrayRef stride, std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
                         std::optional<c10::Device> device, std::optional<bool>) {
  at::ScalarType type = c10::dtype_or_default(dtype);
  Guard<TYPE> guard;
  c10::Device before = guard.exchangeDevice(asked_for<TYPE>(device, type));
  try {
    at::Tensor made = at::detail::empty_strided_generic(size, stride, allocator_of(TYPE), c10::DispatchKeySet(KEY), type);
    guard.setDevice(before);
    return made;
  } catch (...) {
    guard.setDevice(before);
    throw;
  }
}

at::Tensor& set_storage(at::Tensor& self, c10::Storage source, int64_t offset, c10::IntArrayRef size, c10::IntArrayRef stride) {
  auto* impl = self.unsafeGetTensorImpl();
  impl->set_storage_keep_dtype(std::move(source));
  if (stride.empty() && !size.empty()) {
    impl->set_storage_offset(offset);
    impl->set_sizes_contiguous(size);
  } else {
    impl->set_sizes_and_strides(size, stride, offset);
  }
  return self;
}

at::Tensor& set_whole_storage(at::Tensor& self, c10::Storage source) {
  int64_t size = source.nbytes() / self.element_size();
  return set_storage(self, std::move(source), 0, {size}, {1});
}

at::Tensor& set_tensor(at::Tensor& self, const at::Tensor& source) {
  return set_storage(self, source.storage(), source.storage_offset(), source.sizes(), source.strides());
}

template <c10::DeviceType TYPE, c10::DispatchKey KEY>
void kernels(torch::Library& m) {
  m.impl("empty.memory_format", &empty<TYPE, KEY>);
  m.impl("empty_strided", &empty_strided<TYPE, KEY>);
  m.impl("set_.source_Storage_storage_offset", &set_storage);
  m.impl("set_.source_Storage", &set_whole_storage);
  m.impl("set_.source_Tensor", &set_tensor);
  // In torch these have kernels of their own for each kind of card, and no general one that will do.
  for (const char* name : {"copy_", "convolution", "convolution_backward", "mse_loss", "smooth_l1_loss"})
    m.impl(name, torch::CppFunction::makeFromBoxedFunction<&run>());
}

TORCH_LIBRARY_IMPL(_, CUDA, m) { m.fallback(torch::CppFunction::makeFromBoxedFunction<&run>()); }
TORCH_LIBRARY_IMPL(_, MPS, m) { m.fallback(torch::CppFunction::makeFromBoxedFunction<&run>()); }
TORCH_LIBRARY_IMPL(aten, CUDA, m) { kernels<c10::DeviceType::CUDA, c10::DispatchKey::CUDA>(m); }
TORCH_LIBRARY_IMPL(aten, MPS, m) { kernels<c10::DeviceType::MPS, c10::DispatchKey::MPS>(m); }

struct Allocators {
  Allocators() {
    c10::SetAllocator(c10::DeviceType::CUDA, allocator_of(c10::DeviceType::CUDA));
    c10::SetAllocator(c10::DeviceType::MPS, allocator_of(c10::DeviceType::MPS));
  }
} allocators;

}  // namespace

// ---- what Python sets and asks (ctypes)

extern "C" {
void simulated_cards(int count, int apple) {
  cards_present() = count;
  is_apple() = apple;
}
void simulated_default_generator() { default_is_asked_for = true; }
void simulated_card(int index, double launch_s, double least_kernel_s, double bytes_a_second, double operations_a_second,
                    double link_bytes_a_second, uint64_t memory_bytes, int float64) {
  Card& one = card(index);
  one.launch_s = launch_s;
  one.least_kernel_s = least_kernel_s;
  one.bytes_a_second = bytes_a_second;
  one.operations_a_second = operations_a_second;
  one.link_bytes_a_second = link_bytes_a_second;
  one.memory_bytes = memory_bytes;
  one.float64 = float64;
}
void simulated_fail(int index, const char* operation, const char* message) { card(index).failures.push_back({operation, message}); }
void simulated_mend(int index) { card(index).failures.clear(); }
const char* simulated_failure(int index, const char* operation) {
  const Failure* failure = card(index).failure_of(operation);
  return failure ? failure->message.c_str() : nullptr;
}
double simulated_now_s() { return host_clock().now_s(); }
double simulated_launch(int index, double kernel_s) { return card(index).launch(kernel_s, 0); }
void simulated_wait_until_s(double at_s) { host_clock().wait_until_s(at_s); }
void simulated_synchronise(int index) { card(index).synchronise(); }
int simulated_current_device() { return current_device; }
int simulated_exchange_device(int index) {
  int before = current_device;
  if (index >= 0) current_device = index;
  return before;
}
uint64_t simulated_live_bytes(int index) { return card(index).live_bytes; }
uint64_t simulated_peak_bytes(int index) { return card(index).peak_bytes; }
void simulated_reset_peak(int index) { card(index).peak_bytes = card(index).live_bytes.load(); }
unsigned long long simulated_memory(int index, int what) { return what ? card(index).live_bytes.load() : card(index).memory_bytes; }
uint64_t simulated_kernels(int index) { return card(index).kernels; }
}
