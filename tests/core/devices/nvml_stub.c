/* Stands in for the NVIDIA driver's library: two GPUs, the second of which reports less than the first.
 * Compile with -DNO_DRIVER, -DNO_GPU or -DOLD for a driver that is not loaded, sees no GPU, or lacks newer calls.
 * Its first GPU draws 400 W and is too hot half of the time; processes 4242 and 77 are on it, and 77 idles.
 *
 * NVML_STUB in the environment makes any call fail or say something odd, of both GPUs or of one:
 *   "nvmlDeviceGetName=!15 nvmlDeviceGetPowerUsage@1=4294967295"
 * A code after ! is returned as an error, and a call hangs for the seconds after ~; else the number is what
 * the call says, and a text is its bytes.
 * STUB_PIDS="4242:35 77:0" are the processes on a GPU and what each used of it;
 * STUB_PIDS_ONLY hides the latter. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifndef FIRST_NAME
#define FIRST_NAME "Stub H100"
#endif

enum { OK = 0, NOT_SUPPORTED = 3, NOT_FOUND = 6, INSUFFICIENT_SIZE = 7, DRIVER_NOT_LOADED = 9 };

static const char *const UUIDS[] = {"GPU-aaaa0000-1111-2222-3333-444455556666",
                                    "GPU-bbbb0000-1111-2222-3333-444455556666"};

static const char *const SLICE = "MIG-aaaa0000-1111-2222-3333-5555000000a1"; /* of the first GPU */
/* Set where a card is simulated as well: its clock in s, and bytes of memory, what 0 for all and 1 for those used. */
double (*clock_of_a_simulated_card)(void) = NULL;
unsigned long long (*memory_of_a_simulated_card)(int index, int what) = NULL;

static int number(void *handle) { return (int)(intptr_t)handle - 1; }

/* What NVML_STUB says of a call: its value, or NULL. */
static const char *ordered(const char *function, int card) {
    const char *at = getenv("NVML_STUB");
    size_t length = strlen(function);
    for (; at && *at; at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL) {
        if (strncmp(at, function, length) != 0) continue;
        if (at[length] == '=') return at + length + 1;
        if (at[length] == '@' && atoi(at + length + 1) == card && strchr(at, '=')) return strchr(at, '=') + 1;
    }
    return NULL;
}

static int refused(const char *function, int card) {
    const char *order = ordered(function, card);
    if (order && *order == '~') sleep((unsigned)atoi(order + 1));
    return order && *order == '!' ? atoi(order + 1) : OK;
}

static unsigned long long said(const char *function, int card, unsigned long long normal) {
    const char *order = ordered(function, card);
    return order && *order != '!' && *order != '~' ? strtoull(order, NULL, 0) : normal;
}

static void say(const char *function, int card, const char *normal, char *text, unsigned length) {
    unsigned long long bytes = said(function, card, 0);
    snprintf(text, length, "%s", normal);
    if (ordered(function, card)) {
        memset(text, 0, length);
        memcpy(text, &bytes, sizeof bytes);
    }
}

#define MAY_REFUSE(card) \
    if (refused(__func__, card)) return refused(__func__, card)
#define SAID(normal) said(__func__, number(handle), normal)

int nvmlInitWithFlags(unsigned flags) {
#ifdef NO_DRIVER
    return DRIVER_NOT_LOADED;
#endif
    return refused(__func__, 0);
}

int nvmlDeviceGetCount_v2(unsigned *count) {
    MAY_REFUSE(0);
#ifdef NO_GPU
    *count = 0;
#else
    *count = (unsigned)said(__func__, 0, 2);
#endif
    return OK;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **handle) {
    MAY_REFUSE((int)index);
    if (index > 1) return NOT_FOUND;
    *handle = (void *)(intptr_t)(index + 1);
    return OK;
}

int nvmlDeviceGetHandleByUUID(const char *uuid, void **handle) {
    MAY_REFUSE(0);
    if (strcmp(uuid, SLICE) == 0) {
        *handle = (void *)3;
        return OK;
    }
    for (int index = 0; index < 2; index++)
        if (strcmp(uuid, UUIDS[index]) == 0) {
            *handle = (void *)(intptr_t)(index + 1);
            return OK;
        }
    return NOT_FOUND;
}

int nvmlDeviceGetUUID(void *handle, char *text, unsigned length) {
    MAY_REFUSE(number(handle));
    say(__func__, number(handle), number(handle) == 2 ? SLICE : UUIDS[number(handle)], text, length);
    return OK;
}

int nvmlDeviceGetName(void *handle, char *text, unsigned length) {
    static const char *const names[] = {FIRST_NAME, "Stub T4", "Stub H100 MIG 1g.10gb"};
    MAY_REFUSE(number(handle));
    say(__func__, number(handle), names[number(handle)], text, length);
    return OK;
}

int nvmlSystemGetDriverVersion(char *text, unsigned length) {
    MAY_REFUSE(0);
    say(__func__, 0, "570.86.15", text, length);
    return OK;
}

int nvmlSystemGetCudaDriverVersion(int *version) {
    MAY_REFUSE(0);
    *version = (int)said(__func__, 0, 12080);
    return OK;
}

int nvmlDeviceGetCudaComputeCapability(void *handle, int *major, int *minor) {
    MAY_REFUSE(number(handle));
    *major = (int)SAID(number(handle) == 1 ? 7 : 9);
    *minor = number(handle) == 1 ? 5 : 0;
    return OK;
}

int nvmlDeviceGetMemoryInfo(void *handle, unsigned long long *total_free_used) {
    MAY_REFUSE(number(handle));
    total_free_used[0] = SAID((number(handle) == 2 ? 10ull : 80ull) << 30);
    total_free_used[1] = SAID((number(handle) == 2 ? 8ull : 78ull) << 30);
    total_free_used[2] = SAID(2ull << 30);
    if (memory_of_a_simulated_card != NULL) {
        total_free_used[0] = memory_of_a_simulated_card(number(handle), 0);
        total_free_used[2] = memory_of_a_simulated_card(number(handle), 1);
        total_free_used[1] = total_free_used[0] - total_free_used[2];
    }
    return OK;
}

int nvmlDeviceGetUtilizationRates(void *handle, unsigned *gpu_memory) {
    MAY_REFUSE(number(handle));
    if (number(handle) == 2) return NOT_SUPPORTED;
    gpu_memory[0] = (unsigned)SAID(97);
    gpu_memory[1] = (unsigned)SAID(40);
    return OK;
}

int nvmlDeviceGetClockInfo(void *handle, int type, unsigned *mhz) {
    MAY_REFUSE(number(handle));
    *mhz = (unsigned)SAID(type == 1 ? 1980 : 2619); /* 1 is the SM clock, 2 the memory clock */
    return OK;
}

int nvmlDeviceGetMaxClockInfo(void *handle, int type, unsigned *mhz) {
    MAY_REFUSE(number(handle));
    *mhz = (unsigned)SAID(type == 1 ? 1980 : 2619);
    return OK;
}

int nvmlDeviceGetPowerUsage(void *handle, unsigned *milliwatts) {
    MAY_REFUSE(number(handle));
    if (number(handle) == 1) return NOT_SUPPORTED;
    *milliwatts = (unsigned)SAID(654321);
    return OK;
}

int nvmlDeviceGetEnforcedPowerLimit(void *handle, unsigned *milliwatts) {
    MAY_REFUSE(number(handle));
    *milliwatts = (unsigned)SAID(700000);
    return OK;
}

/* A call that gives one number, which the second GPU does not support where SECOND says so. */
#define GIVES(function, type, normal, SECOND)                                                                          \
    int function(void *handle, type *out) {                                                                            \
        MAY_REFUSE(number(handle));                                                                                    \
        if (number(handle) == 1 && SECOND == NOT_SUPPORTED) return NOT_SUPPORTED;                                      \
        *out = (type)SAID(normal);                                                                                     \
        return OK;                                                                                                     \
    }
/* The same with a second argument, which the number may depend on. */
#define GIVES_OF(function, type, normal, SECOND)                                                                       \
    int function(void *handle, int of, type *out) {                                                                    \
        MAY_REFUSE(number(handle));                                                                                    \
        if (number(handle) == 1 && SECOND == NOT_SUPPORTED) return NOT_SUPPORTED;                                      \
        (void)of;                                                                                                      \
        *out = (type)SAID(normal);                                                                                     \
        return OK;                                                                                                     \
    }

GIVES(nvmlDeviceGetCurrPcieLinkGeneration, unsigned, 5, OK)
GIVES(nvmlDeviceGetCurrPcieLinkWidth, unsigned, 16, NOT_SUPPORTED)
GIVES(nvmlDeviceGetMaxPcieLinkGeneration, unsigned, 5, OK)
GIVES(nvmlDeviceGetMaxPcieLinkWidth, unsigned, 16, OK)
GIVES(nvmlDeviceGetPcieReplayCounter, unsigned, 3, OK)
GIVES(nvmlDeviceGetFanSpeed, unsigned, 42, NOT_SUPPORTED)
GIVES(nvmlDeviceGetPerformanceState, unsigned, 0, OK)
GIVES_OF(nvmlDeviceGetTemperatureThreshold, unsigned, of == 1 ? 92 : 95, OK)
GIVES_OF(nvmlDeviceGetPcieThroughput, unsigned, of == 0 ? 250000 : 1500000, OK) /* kB/s: sent, received */

int nvmlDeviceGetEccMode(void *handle, unsigned *now, unsigned *pending) {
    MAY_REFUSE(number(handle));
    if (number(handle) == 1) return NOT_SUPPORTED;
    *now = *pending = (unsigned)SAID(1);
    return OK;
}

int nvmlDeviceGetTotalEccErrors(void *handle, int kind, int counter, unsigned long long *count) {
    MAY_REFUSE(number(handle));
    if (number(handle) == 1) return NOT_SUPPORTED;
    *count = SAID(kind == 0 ? 7 : 0) + (unsigned long long)(counter == 1);
    return OK;
}

int nvmlDeviceGetRemappedRows(void *handle, unsigned *corrected, unsigned *uncorrected, unsigned *pending,
                              unsigned *failed) {
    MAY_REFUSE(number(handle));
    if (number(handle) == 1) return NOT_SUPPORTED;
    *corrected = *uncorrected = (unsigned)SAID(1);
    *pending = *failed = (unsigned)SAID(0);
    return OK;
}

int nvmlDeviceGetMigMode(void *handle, unsigned *now, unsigned *pending) {
    MAY_REFUSE(number(handle));
    if (number(handle) == 1) return NOT_SUPPORTED;
    *now = *pending = (unsigned)SAID(0);
    return OK;
}

static double seconds(void) {
    if (clock_of_a_simulated_card != NULL) return clock_of_a_simulated_card();
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

typedef struct { unsigned pid; unsigned long long memory; unsigned instance, compute; } process_t;

typedef struct { unsigned pid; unsigned long long at; unsigned sm, memory, encoder, decoder; } share_t;

/* The n-th process of STUB_PIDS and what it uses; 0 when there are no more. */
static int process(int n, unsigned *pid, unsigned *share) {
    const char *at = getenv("STUB_PIDS") ? getenv("STUB_PIDS") : "4242:35 77:0";
    for (; at && n > 0; n--) at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL;
    return at && sscanf(at, "%u:%u", pid, share) == 2;
}

static int processes(unsigned *count, process_t *list) {
    unsigned pid, share;
    int found = 0;
    while (process(found, &pid, &share)) found++;
    *count = (unsigned)found;
    if (found == 0) return OK;
    if (list == NULL) return INSUFFICIENT_SIZE;
    memset(list, 0, (size_t)found * sizeof *list);
    for (int n = 0; process(n, &pid, &share); n++) {
        list[n].pid = pid;
        list[n].memory = said("usedGpuMemory", 0, (unsigned long long)(n + 1) << 30);
    }
    return OK;
}

int nvmlShutdown(void) { return refused(__func__, 0); }

#ifndef OLD
int nvmlDeviceGetTotalEnergyConsumption(void *handle, unsigned long long *millijoules) {
    MAY_REFUSE(number(handle));
    if (number(handle) == 1) return NOT_SUPPORTED;
    *millijoules = SAID((unsigned long long)(400e3 * seconds()));
    return OK;
}

typedef struct {
    unsigned field, scope;
    long long at, latency;
    unsigned type, result;
    unsigned long long value;
} field_t;

int nvmlDeviceGetFieldValues(void *handle, int count, field_t *fields) {
    MAY_REFUSE(number(handle));
    for (int i = 0; i < count; i++) {
        static const struct { unsigned field; double start, a_second; } known[] = {
            {74, 7e9, 0},      /* ns for which the power cap held the clock down */
            {269, 0, 0.5e9},   /* and heat */
            {82, 78, 0},       /* temperature of the memory */
            {197, 1e12, 2e9},  /* bytes over PCIe, sent and received */
            {198, 1e12, 11e9},
            {138, 1e9, 40e6},  /* KiB over NVLink, sent and received */
            {139, 1e9, 41e6},
        };
        fields[i].result = NOT_SUPPORTED;
        for (size_t n = 0; number(handle) == 0 && n < sizeof known / sizeof *known; n++)
            if (known[n].field == fields[i].field) {
                fields[i].result = OK;
                fields[i].value = SAID((unsigned long long)(known[n].start + known[n].a_second * seconds()));
            }
    }
    return OK;
}

int nvmlDeviceGetGraphicsRunningProcesses_v3(void *handle, unsigned *count, process_t *list) {
    MAY_REFUSE(number(handle));
    (void)list;
    *count = 0;
    return OK;
}

int nvmlDeviceGetComputeRunningProcesses_v3(void *handle, unsigned *count, process_t *list) {
    MAY_REFUSE(number(handle));
    return number(handle) == 1 ? NOT_SUPPORTED : processes(count, list);
}

int nvmlDeviceGetProcessUtilization(void *handle, share_t *list, unsigned *count, unsigned long long since) {
    unsigned pid, share;
    int found = 0;
    MAY_REFUSE(number(handle));
    if (getenv("STUB_PIDS_ONLY")) return NOT_SUPPORTED;
    while (process(found, &pid, &share)) found++;
    *count = (unsigned)found;
    if (found == 0) return NOT_FOUND;
    if (list == NULL) return INSUFFICIENT_SIZE;
    memset(list, 0, (size_t)found * sizeof *list);
    for (int n = 0; process(n, &pid, &share); n++) {
        list[n].pid = pid;
        list[n].sm = (unsigned)SAID(share);
    }
    return OK;
}

typedef struct { unsigned version; int sensor; int celsius; } temperature_t;

int nvmlDeviceGetTemperatureV(void *handle, temperature_t *temperature) {
    MAY_REFUSE(number(handle));
    temperature->celsius = (int)SAID(61);
    return OK;
}

int nvmlDeviceGetCurrentClocksEventReasons(void *handle, unsigned long long *reasons) {
    MAY_REFUSE(number(handle));
    *reasons = SAID(0x4); /* the power cap */
    return OK;
}

typedef struct {
    char legacy_bus_id[16];
    unsigned domain, bus, device, pci_device_id, pci_subsystem_id;
    char bus_id[32];
} pci_t;

int nvmlDeviceGetPciInfo_v3(void *handle, pci_t *pci) {
    char normal[32];
    MAY_REFUSE(number(handle));
    memset(pci, 0, sizeof *pci);
    snprintf(normal, sizeof normal, "00000000:%02X:00.0", number(handle) % 2 + 1);
    say(__func__, number(handle), normal, pci->bus_id, sizeof pci->bus_id);
    return OK;
}
#else
typedef struct { unsigned long long at, nanoseconds; } violation_t;

int nvmlDeviceGetViolationStatus(void *handle, int policy, violation_t *violation) {
    if (policy > 1) return NOT_SUPPORTED;
    violation->nanoseconds = policy == 0 ? 3000000000ull : 5000000000ull; /* power, heat */
    return OK;
}

int nvmlDeviceGetComputeRunningProcesses_v2(void *handle, unsigned *count, process_t *list) {
    return processes(count, list);
}

int nvmlDeviceGetTemperature(void *handle, int sensor, unsigned *celsius) {
    *celsius = 59;
    return OK;
}

int nvmlDeviceGetCurrentClocksThrottleReasons(void *handle, unsigned long long *reasons) {
    *reasons = 0x40; /* the hardware is too hot */
    return OK;
}
#endif
