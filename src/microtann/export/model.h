/* @TITLE@
@ABOUT@ */
#ifndef NAME_H
#define NAME_H

#include <stddef.h>

@CONSTANTS@
#if defined(_WIN32)
#define NAME_EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define NAME_EXPORT __attribute__((visibility("default")))
#else
#define NAME_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* What the constants above say, as JSON. */
extern NAME_EXPORT const char NAME_description[];

/* Z of the virgin material, as the model counts it: what is added to the states here, whose zeros are virgin. */
NAME_EXPORT void NAME_virgin(double *values);

/* One increment of many points. It allocates nothing, keeps nothing and may be called by several threads at once.

   points          number of points; arrays are row-major, their first axis is that of the points
   time_increment  duration of the increment@TIMED@
   strain          (points, NAME_COMPONENTS): at the beginning of the increment
   increment       (points, NAME_COMPONENTS): of the strain
   state           (points, NAME_STATES): at the beginning; zeros are the virgin material
   stress          (points, NAME_COMPONENTS), out: at the end
   new_state       (points, NAME_STATES), out: at the end; another array than state
   tangent         (points, NAME_COMPONENTS, NAME_COMPONENTS), out: d stress / d increment; or NULL if not wanted
   energy          (points), out: free energy at the end, per volume
   dissipation     (points), out: dissipated in the increment, per volume

   Returns how many points failed: their input is not finite, their strain is beyond NAME_FARTHEST times the range
   of the training, their flow was not found, or a result overflows. All their outputs are NaN; the other points
   are right. */
NAME_EXPORT int NAME_update(size_t points, double time_increment, const double *strain, const double *increment,
                            const double *state, double *stress, double *new_state, double *tangent, double *energy,
                            double *dissipation);

/* Why a point fails, in words, or would if nothing else is wrong with it. */
NAME_EXPORT const char *NAME_reason(double time_increment, const double *strain, const double *increment,
                                    const double *state);

/* How far increments reach in the range of the training: 1 on its border, 1.3 where a point is 30 % outside,
   0 where no range is known, infinity where something is no number. */
NAME_EXPORT void NAME_reach(size_t points, const double *strain, const double *increment, const double *new_state,
                            double *reach);

#ifdef __cplusplus
}
#endif

#endif
