"""The frameworks of the text-books that cannot be measured any more, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Gone:
    """One framework that is no longer developed."""

    name: str
    years: str  # its first release, and its last one or the end of its development
    became: str  # a sentence
    heir: str  # the key of its heir among the libraries here; empty without one


GONE: dict[str, Gone] = {
    "theano": Gone(
        "Theano",
        "2007-2017",
        "The University of Montreal ended it after version 1.0, when companies carried on with others. Its "
        "code lives on in Aesara, and since 2022 in PyTensor.",
        "pytensor",
    ),
    "caffe": Gone(
        "Caffe",
        "2013-2017",
        "Its author went to Facebook and wrote Caffe2, whose code became part of PyTorch in 2018. PyPI's "
        "package named caffe is not this framework: do not install it.",
        "pytorch",
    ),
    "torch-lua": Gone(
        "Torch (Lua)",
        "2002-2017",
        "PyTorch took over its C and CUDA libraries in 2016 and replaced Lua by Python.",
        "pytorch",
    ),
    "mxnet": Gone(
        "Apache MXNet",
        "2015-2023",
        "Amazon's choice for some years. Apache moved it to its Attic in 2023; its last wheels do not know "
        "today's Python.",
        "",
    ),
    "cntk": Gone(
        "Microsoft CNTK",
        "2015-2019",
        "Version 2.7 of 2019 was its last main release; Microsoft went over to PyTorch and ONNX Runtime.",
        "pytorch",
    ),
}
