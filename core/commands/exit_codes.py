"""What the exit code of a command says, the same for all of them."""

OK = 0
DIVERGED = 1  # training: the loss is no longer a finite number
REGRESSION = 1  # timing gate: confirmed in every take
NOTHING_MEASURED = 1  # timing gemm: none of the devices is here
NOT_GOOD = 1  # timing check --strict: the machine is not as it should be, or cannot be judged
WRONG_RESULTS = 1  # timing stress: a device failed, became too hot, or gave other results than at first
UNEXPECTED = 1  # experiments run --expect: a verdict is another one
BAD_REQUEST = 2  # one sentence on stderr says what was given and what is allowed
INTERRUPTED = 130  # Ctrl-C; what was printed or written until then is whole
