/* The header's own code, once for all programs here. */
#define ASYNCC_IMPLEMENTATION
#include "../../asyncc.h"
