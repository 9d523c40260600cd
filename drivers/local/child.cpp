#include "drivers/local/child.h"
