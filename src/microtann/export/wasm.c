/* What a WebAssembly module of the model shows to its face in JavaScript. */
#include <stdint.h>

extern unsigned char __heap_base;

/* Where memory that nobody uses begins. */
__attribute__((export_name("heap"))) size_t NAME_heap(void)
{
    return (size_t)(uintptr_t)&__heap_base;
}

__attribute__((export_name("update"))) int NAME_called(size_t points, double time_increment, const double *strain,
                                                       const double *increment, const double *state, double *stress,
                                                       double *new_state, double *tangent, double *energy,
                                                       double *dissipation)
{
    return NAME_update(points, time_increment, strain, increment, state, stress, new_state, tangent, energy,
                       dissipation);
}

__attribute__((export_name("reach"))) void NAME_reached(size_t points, const double *strain, const double *increment,
                                                        const double *new_state, double *reach)
{
    NAME_reach(points, strain, increment, new_state, reach);
}
