#include "system-calls.h"
