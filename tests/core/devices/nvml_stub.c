/* Stands in for the NVIDIA driver's library: two GPUs, the second of which reports less than the first.
 * Compile with -DNO_DRIVER, -DNO_GPU or -DOLD for a driver that is not loaded, sees no GPU, or lacks newer calls.
 * Its first GPU draws 400 W and is too hot half of the time; processes 4242 and 77 are on it, and 77 idles. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { OK = 0, NOT_SUPPORTED = 3, NOT_FOUND = 6, INSUFFICIENT_SIZE = 7, DRIVER_NOT_LOADED = 9 };

static const char *const UUIDS[] = {"GPU-aaaa0000-1111-2222-3333-444455556666",
                                    "GPU-bbbb0000-1111-2222-3333-444455556666"};

/* Set where a card is simulated as well: its clock in s, and bytes of memory, what 0 for all and 1 for those used. */
double (*clock_of_a_simulated_card)(void) = NULL;
unsigned long long (*memory_of_a_simulated_card)(int index, int what) = NULL;

static int number(void *handle) { return (int)(intptr_t)handle - 1; }

int nvmlInitWithFlags(unsigned flags) {
#ifdef NO_DRIVER
    return DRIVER_NOT_LOADED;
#endif
    return OK;
}

int nvmlDeviceGetCount_v2(unsigned *count) {
#ifdef NO_GPU
    *count = 0;
#else
    *count = 2;
#endif
    return OK;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **handle) {
    *handle = (void *)(intptr_t)(index + 1);
    return OK;
}

int nvmlDeviceGetHandleByUUID(const char *uuid, void **handle) {
    for (int index = 0; index < 2; index++)
        if (strcmp(uuid, UUIDS[index]) == 0) {
            *handle = (void *)(intptr_t)(index + 1);
            return OK;
        }
    return NOT_FOUND;
}

int nvmlDeviceGetUUID(void *handle, char *text, unsigned length) {
    snprintf(text, length, "%s", UUIDS[number(handle)]);
    return OK;
}

int nvmlDeviceGetName(void *handle, char *text, unsigned length) {
    snprintf(text, length, number(handle) ? "Stub T4" : "Stub H100");
    return OK;
}

int nvmlSystemGetDriverVersion(char *text, unsigned length) {
    snprintf(text, length, "570.86.15");
    return OK;
}

int nvmlSystemGetCudaDriverVersion(int *version) {
    *version = 12080;
    return OK;
}

int nvmlDeviceGetCudaComputeCapability(void *handle, int *major, int *minor) {
    *major = number(handle) ? 7 : 9;
    *minor = number(handle) ? 5 : 0;
    return OK;
}

int nvmlDeviceGetMemoryInfo(void *handle, unsigned long long *total_free_used) {
    total_free_used[0] = 80ull << 30;
    total_free_used[1] = 78ull << 30;
    total_free_used[2] = 2ull << 30;
    if (memory_of_a_simulated_card != NULL) {
        total_free_used[0] = memory_of_a_simulated_card(number(handle), 0);
        total_free_used[2] = memory_of_a_simulated_card(number(handle), 1);
        total_free_used[1] = total_free_used[0] - total_free_used[2];
    }
    return OK;
}

int nvmlDeviceGetUtilizationRates(void *handle, unsigned *gpu_memory) {
    gpu_memory[0] = 97;
    gpu_memory[1] = 40;
    return OK;
}

int nvmlDeviceGetClockInfo(void *handle, int type, unsigned *mhz) {
    *mhz = type == 1 ? 1980 : 2619; /* 1 is the SM clock, 2 the memory clock */
    return OK;
}

int nvmlDeviceGetMaxClockInfo(void *handle, int type, unsigned *mhz) {
    *mhz = 1980;
    return OK;
}

int nvmlDeviceGetPowerUsage(void *handle, unsigned *milliwatts) {
    if (number(handle) == 1) return NOT_SUPPORTED;
    *milliwatts = 654321;
    return OK;
}

int nvmlDeviceGetEnforcedPowerLimit(void *handle, unsigned *milliwatts) {
    *milliwatts = 700000;
    return OK;
}


static double seconds(void) {
    if (clock_of_a_simulated_card != NULL) return clock_of_a_simulated_card();
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

typedef struct { unsigned pid; unsigned long long memory; unsigned instance, compute; } process_t;

static int processes(unsigned *count, process_t *list) {
    if (list == NULL) {
        *count = 2;
        return INSUFFICIENT_SIZE;
    }
    memset(list, 0, 2 * sizeof *list);
    list[0].pid = 4242;
    list[1].pid = 77;
    *count = 2;
    return OK;
}

#ifndef OLD
int nvmlDeviceGetTotalEnergyConsumption(void *handle, unsigned long long *millijoules) {
    if (number(handle) == 1) return NOT_SUPPORTED;
    *millijoules = (unsigned long long)(400e3 * seconds());
    return OK;
}

typedef struct {
    unsigned field, scope;
    long long at, latency;
    unsigned type, result;
    unsigned long long value;
} field_t;

int nvmlDeviceGetFieldValues(void *handle, int count, field_t *fields) {
    for (int i = 0; i < count; i++) {
        int known = number(handle) == 0 && (fields[i].field == 74 || fields[i].field == 269);
        fields[i].result = known ? OK : NOT_SUPPORTED;
        fields[i].value = fields[i].field == 269 ? (unsigned long long)(0.5e9 * seconds()) : 7000000000ull;
    }
    return OK;
}

int nvmlDeviceGetComputeRunningProcesses_v3(void *handle, unsigned *count, process_t *list) {
    return number(handle) == 1 ? NOT_SUPPORTED : processes(count, list);
}

typedef struct { unsigned pid; unsigned long long at; unsigned sm, memory, encoder, decoder; } share_t;

int nvmlDeviceGetProcessUtilization(void *handle, share_t *list, unsigned *count, unsigned long long since) {
    if (list == NULL) {
        *count = 1;
        return INSUFFICIENT_SIZE;
    }
    memset(list, 0, sizeof *list);
    list[0].pid = 4242;
    list[0].sm = 35;
    *count = 1;
    return OK;
}

typedef struct { unsigned version; int sensor; int celsius; } temperature_t;

int nvmlDeviceGetTemperatureV(void *handle, temperature_t *temperature) {
    temperature->celsius = 61;
    return OK;
}

int nvmlDeviceGetCurrentClocksEventReasons(void *handle, unsigned long long *reasons) {
    *reasons = 0x4; /* the power cap */
    return OK;
}

typedef struct {
    char legacy_bus_id[16];
    unsigned domain, bus, device, pci_device_id, pci_subsystem_id;
    char bus_id[32];
} pci_t;

int nvmlDeviceGetPciInfo_v3(void *handle, pci_t *pci) {
    memset(pci, 0, sizeof *pci);
    snprintf(pci->bus_id, sizeof pci->bus_id, "00000000:%02X:00.0", number(handle) + 1);
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
