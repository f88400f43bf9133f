#include "build-settings.h"
