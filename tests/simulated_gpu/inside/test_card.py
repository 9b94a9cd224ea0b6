"""The simulated cards themselves, on two unlike ones: they do what cards do, and refuse what cards refuse."""

from __future__ import annotations

import copy
import io
from typing import Any

import pytest
import torch
from torch import nn

from core import devices, torch_devices


def test_a_tensor_of_a_card_cannot_be_taken_for_one_of_the_cpu() -> None:
    on_card = torch.ones(3, device="cuda")
    assert (on_card.device, on_card.is_cuda) == (torch.device("cuda:0"), True)
    with pytest.raises(TypeError, match="can't convert cuda:0 device type tensor to numpy"):
        on_card.numpy()


@pytest.mark.parametrize("other", ["cpu", "cuda:1"])
def test_tensors_of_two_devices_are_refused(other: str) -> None:
    with pytest.raises(RuntimeError, match="Expected all tensors to be on the same device"):
        torch.ones(3, device="cuda:0") + torch.ones(3, device=other)


def test_a_generator_of_another_device_is_refused() -> None:
    with pytest.raises(RuntimeError, match="Expected a 'cuda' device type for generator but found 'cpu'"):
        torch.randn(3, device="cuda", generator=torch.Generator())


def test_more_memory_than_a_card_has_is_refused_and_what_is_let_go_is_free_again() -> None:
    before = torch.cuda.memory_allocated("cuda:1")
    held = torch.empty(2**20, device="cuda:1")
    assert torch.cuda.memory_allocated("cuda:1") == before + 4 * 2**20
    with pytest.raises(torch.OutOfMemoryError, match="CUDA out of memory"):
        torch.empty(17 << 30, dtype=torch.uint8, device="cuda:1")
    del held
    assert torch.cuda.memory_allocated("cuda:1") == before


def test_a_program_continues_while_a_card_works_and_its_stamps_tell_how_long_that_took() -> None:
    a = torch.ones(1000, 1000, device="cuda")
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize()
    torch.cuda._sleep(17_000_000_000)
    start.record()
    for _ in range(10):
        a @ a
    end.record()
    assert not start.query()  # still asleep
    end.synchronize()
    assert start.elapsed_time(end) == pytest.approx(10 * 1e3 * 2e9 / 50e12, rel=1e-3)


def test_a_card_of_less_bandwidth_takes_longer() -> None:
    def copy_ms(device: str) -> float:
        with torch.cuda.device(device):
            source = torch.ones(2**20, device=device)
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            torch.cuda._sleep(17_000_000_000)
            start.record()
            source.clone()
            end.record()
            end.synchronize()
            return start.elapsed_time(end)

    assert copy_ms("cuda:1") == pytest.approx(copy_ms("cuda:0") * 1e12 / 0.3e12, rel=1e-3)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_recurrent_layers_give_the_numbers_and_gradients_of_the_cpu(kind: str) -> None:
    on_cpu = getattr(nn, kind)(4, 5, num_layers=2, batch_first=True)
    on_card = copy.deepcopy(on_cpu).to("cuda:1")
    x = torch.randn(2, 6, 4)
    for layer, given in ((on_cpu, x), (on_card, x.to("cuda:1"))):
        layer(given)[0].square().sum().backward()
    torch.testing.assert_close(on_card(x.to("cuda:1"))[0].cpu(), on_cpu(x)[0])
    for ours, theirs in zip(on_card.parameters(), on_cpu.parameters(), strict=True):
        torch.testing.assert_close(ours.grad.cpu(), theirs.grad, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "operation",
    [
        lambda x: x[torch.tensor([0, 2, 0], device=x.device)],
        lambda x: torch.quantile(x, 0.3, dim=0),
        lambda x: nn.functional.conv2d(x[None, None], x[None, None, :2, :2], padding=1),
        lambda x: nn.functional.scaled_dot_product_attention(x[None], x[None], x[None]),
        lambda x: torch.cdist(x, x.flip(0) + 1),
        lambda x: nn.functional.batch_norm(x, None, None, training=True),
        lambda x: nn.functional.cross_entropy(x, torch.tensor([0, 1, 2, 1], device=x.device)),
        lambda x: x.sort(0).values.cumsum(1),
        lambda x: nn.functional.embedding(torch.tensor([1, 1], device=x.device), x),
        lambda x: x.index_add(0, torch.tensor([0, 1], device=x.device), x[:2]),
        lambda x: torch.linalg.svdvals(x),
    ],
)
def test_composite_operators_give_the_numbers_and_gradients_of_the_cpu(operation: Any) -> None:
    x = torch.rand(4, 4, generator=torch.Generator().manual_seed(1), requires_grad=True)
    on_card = x.detach().cuda().requires_grad_()
    for given in (x, on_card):
        operation(given).sum().backward()
    torch.testing.assert_close(operation(on_card).cpu(), operation(x))
    torch.testing.assert_close(on_card.grad.cpu(), x.grad)


def test_what_is_saved_from_a_card_opens_on_the_cpu() -> None:
    file = io.BytesIO()
    torch.save(nn.Linear(2, 3).to("cuda:1").state_dict(), file)
    file.seek(0)
    weights = torch.load(file, map_location="cpu", weights_only=True)
    assert {weight.device.type for weight in weights.values()} == {"cpu"}


def test_the_driver_and_torch_know_the_same_cards() -> None:
    listed = [device for device in devices.devices() if device.kind == "cuda"]
    assert [device.name for device in listed] == ["Stub H100", "Stub T4"]
    for device in listed:
        assert torch_devices.readable_id(device.id) == device.facts["uuid"]
        assert torch_devices.unavailable_reason(device.id) is None
    assert torch_devices.unavailable_reason("cuda:2") == "There is no cuda:2; torch finds cuda:0, cuda:1"
