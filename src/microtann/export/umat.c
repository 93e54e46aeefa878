/* The user material of Abaqus/Standard, which CalculiX and Kratos call as well. One call is one point.

   *DEPVAR         NAME_STATES + 2: the internal state variables, zeros where the material is virgin, then the
                   stored energy and the energy dissipated so far, both per volume.
   *USER MATERIAL  two constants: NAME_NUMBER, the number of this model, and NAME_HOST_ORDER, that of its order of
                   components. A deck that says others was written for another export and is refused; what is
                   zero, or left out, is not compared.

   What cannot be computed is refused by PNEWDT; where the host passes none, and where no shorter increment would
   mend it, the analysis ends. A sentence says why, and stress and tangent are no numbers. Of what the host passes
   only strains, states, numbers of components and what is named here are read: others leave it undefined. */
#include <stdio.h>
#include <stdlib.h>

#if defined(_WIN32)
#define NAME_XIT XIT
#define NAME_UMAT UMAT
#else
#define NAME_XIT xit_
#define NAME_UMAT umat_
#endif
#ifdef MICROTANN_UMAT /* another symbol, where one program has several materials */
#undef NAME_UMAT
#define NAME_UMAT MICROTANN_UMAT
#endif
#ifdef MICROTANN_SPARE_STATES /* where another material of a CalculiX model needs more states */
#define NAME_SPARE_STATES 1
#else
#define NAME_SPARE_STATES 0
#endif

/* Abaqus ends by XIT, which other hosts have not. */
#if defined(_WIN32) && !defined(MICROTANN_WITHOUT_XIT)
extern void NAME_XIT(void);
#define NAME_END() NAME_XIT()
#elif defined(__GNUC__) && defined(__ELF__)
extern void NAME_XIT(void) __attribute__((weak));
#define NAME_END() (NAME_XIT ? NAME_XIT() : (void)0)
#else
#define NAME_END() ((void)0)
#endif

#ifdef __GNUC__
#define NAME_RAISED(count) __sync_add_and_fetch(&(count), 1)
#else
#define NAME_RAISED(count) (++(count))
#endif

#define NAME_SAID(kind, ...) \
    (printf(" *" kind " in the user material %s: ", NAME_MODEL), printf(__VA_ARGS__), printf("\n"), fflush(stdout))

enum { NAME_sentences = 20 }; /* on refused increments: a step may be refused at every point */

static void NAME_stop(void)
{
    NAME_END();
    exit(201);
}

/* Where the components of the host are among those of the model, -1 for one that the model has not; 0 if these
   elements are no place for it. */
static int NAME_places(int direct, int shears, int all, int *place)
{
    static const int space[6] = NAME_PLACES, plane_strain[4] = {0, 1, NAME_ACROSS, NAME_COMPONENTS == 6 ? 5 : 2};
    static const int plane_stress[3] = {0, 1, 2};
    const int *chosen = NULL;
    if (direct == 3 && shears == 3 && NAME_COMPONENTS == 6) {
        chosen = space;
    } else if (direct == 3 && shears == 1 && NAME_PLANE_STRAIN) {
        chosen = plane_strain;
    } else if (direct == 2 && shears == 1 && NAME_PLANE_STRESS) {
        chosen = plane_stress;
    }
    if (!chosen || all != direct + shears) {
        return 0;
    }
    for (int i = 0; i < all; i++) {
        place[i] = chosen[i];
    }
    return 1;
}

/* Whether this is a rotation, and none of zero angle: that of a finite-strain analysis whose axes are fixed. */
static int NAME_turned(const double *rotation)
{
    double length = 0.0, across = 0.0;
    for (int i = 0; rotation && i < 9; i++) {
        length += rotation[i] * rotation[i];
        across += i % 4 == 0 ? 0.0 : fabs(rotation[i]);
    }
    return fabs(length - 3.0) < 1e-6 && across > 1e-9;
}

/* Say what no shorter increment would mend; return whether there is such a thing. */
static int NAME_wrong_deck(int direct, int shears, int all, int states, const double *constants, int count,
                           const double *rotation, int *place)
{
    const int wanted = NAME_STATES + 2;
    double number = constants && count > 0 ? constants[0] : 0.0, order = constants && count > 1 ? constants[1] : 0.0;
    if (!NAME_places(direct, shears, all, place)) {
        NAME_SAID("ERROR", "it is not for elements of %d direct and %d shear components: use %s", direct, shears,
                  NAME_ELEMENTS);
    } else if (states < wanted || (states > wanted && !NAME_SPARE_STATES)) {
        NAME_SAID("ERROR", "*DEPVAR must be %d, its %d internal state variables and two energies, and it is %d%s",
                  wanted, NAME_STATES, states, states < wanted ? "" :
                  " (compile with -DMICROTANN_SPARE_STATES where another material of a CalculiX model needs more)");
    } else if (number != 0.0 && number != NAME_NUMBER) {
        NAME_SAID("ERROR", "the deck was written for the model of number %.0f, and this is the one of number %.0f: "
                  "take *USER MATERIAL from the deck that was written with it, or compile the other model",
                  number, NAME_NUMBER);
    } else if (order != 0.0 && order != NAME_HOST_ORDER) {
        NAME_SAID("ERROR", "the deck says the order of components of number %.0f, and it was exported for that of "
                  "number %d, %s: export it with another --order", order, NAME_HOST_ORDER, NAME_HOST_NAME);
    } else if (NAME_turned(rotation)) {
        NAME_SAID("ERROR", "it is for small %s: use NLGEOM=NO, or give *ORIENTATION, so that the axes turn with the "
                  "material and its states", "rotations");
    } else {
        return 0;
    }
    return 1;
}

/* Whether an increment that takes no time asks for something else than the tangent. */
static int NAME_untimely(const double *increment, double duration)
{
    int moved = 0;
    for (int i = 0; i < NAME_COMPONENTS; i++) {
        moved = moved || increment[i] != 0.0;
    }
    return moved && duration == 0.0;
}

NAME_EXPORT void NAME_UMAT(double *stress, double *statev, double *ddsdde, double *sse, double *spd, double *scd,
                           double *rpl, double *ddsddt, double *drplde, double *drpldt, const double *stran,
                           const double *dstran, const double *time, const double *dtime, const double *temp,
                           const double *dtemp, const double *predef, const double *dpred, const char *cmname,
                           const int *ndi, const int *nshr, const int *ntens, const int *nstatv, const double *props,
                           const int *nprops, const double *coords, const double *drot, double *pnewdt,
                           const double *celent, const double *dfgrd0, const double *dfgrd1, const int *noel,
                           const int *npt, const int *layer, const int *kspt, const int *kstep, const int *kinc)
{
    enum { v = NAME_COMPONENTS, z = NAME_STATES };
    static int refused = 0, outside = 0;
    double strain[v] = {0.0}, increment[v] = {0.0}, found[v], tangent[v * v], after[z], energy, lost, reach;
    double duration = dtime ? *dtime : 1.0;
    int n = *ntens, place[6];
    (void)scd, (void)rpl, (void)ddsddt, (void)drplde, (void)drpldt, (void)time, (void)temp, (void)dtemp;
    (void)predef, (void)dpred, (void)cmname, (void)coords, (void)celent, (void)dfgrd0, (void)dfgrd1;
    (void)layer, (void)kspt, (void)kstep, (void)kinc;
    if (NAME_wrong_deck(*ndi, *nshr, n, *nstatv, props, nprops ? *nprops : 0, drot, place)) {
        NAME_stop();
    }
    for (int i = 0; i < n; i++) {
        if (place[i] >= 0) {
            strain[place[i]] = stran[i];
            increment[place[i]] = dstran[i];
        }
    }
    if (NAME_untimely(increment, duration) ||
        NAME_update(1, duration, strain, increment, statev, found, after, tangent, &energy, &lost)) {
        if (NAME_RAISED(refused) <= NAME_sentences || !pnewdt) {
            NAME_SAID("ERROR", "an increment is refused at point %d of element %d: %s", npt ? *npt : 0,
                      noel ? *noel : 0, NAME_reason(duration, strain, increment, statev));
        }
        if (!pnewdt || !(duration > 0.0)) {
            NAME_stop();
        } else {
            *pnewdt = 0.25;
        }
        NAME_no_numbers((size_t)n, stress);
        NAME_no_numbers((size_t)(n * n), ddsdde);
        return;
    }
    NAME_reach(1, strain, increment, after, &reach);
    if (reach > 1.0 && !outside && NAME_RAISED(outside) == 1) {
        NAME_SAID("WARNING", "point %d of element %d leaves the range of the training, %.3g times as far: errors are "
                  "not known there (said once)", npt ? *npt : 0, noel ? *noel : 0, reach);
    }
    for (int i = 0; i < n; i++) {
        stress[i] = place[i] < 0 ? 0.0 : found[place[i]];
        for (int j = 0; j < n; j++) { /* column by column */
            ddsdde[j * n + i] = place[i] < 0 || place[j] < 0 ? 0.0 : tangent[place[i] * v + place[j]];
        }
    }
    for (int m = 0; m < z; m++) {
        statev[m] = after[m];
    }
    statev[z] = energy;
    statev[z + 1] += lost;
    if (sse) {
        *sse = energy;
    }
    if (spd) {
        *spd = statev[z + 1];
    }
}
