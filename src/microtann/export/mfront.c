/* MFront's generic interface, by which MGIS loads behaviours into OpenGeoSys, FEniCSx, MFEM, code_aster and others.

   Strains and stresses are xx, yy, zz, sqrt(2) xy, sqrt(2) xz, sqrt(2) yz of the tensors. Internal state variables,
   zeros where the material is virgin: those of the model, Z1, Z2, ..., then StoredEnergy and DissipatedEnergy so
   far, both per volume, for hosts that print states alone. An increment that cannot be computed returns -1 with a
   sentence and a quarter of the time increment in rdt. */
#include <stdio.h>

typedef struct {
    const double *gradients, *forces, *density, *properties, *states, *stored, *dissipated, *external;
} NAME_before;

typedef struct {
    const double *gradients;
    double *forces;
    const double *density, *properties;
    double *states, *stored, *dissipated;
    const double *external;
} NAME_after;

typedef struct {
    char *message; /* of 512 characters */
    double duration;
    double *tangent, *rdt, *speed_of_sound; /* tangent[0] says what is wanted */
    NAME_before before;
    NAME_after after;
} NAME_data;

#define NAME_SYMBOL(name) NAME_##name
#define NAME_NUMBER(name, value) NAME_EXPORT unsigned short NAME_SYMBOL(name) = value;
#define NAME_TEXT(name, value) NAME_EXPORT const char *NAME_SYMBOL(name) = value;
#define NAME_NONE(type, name) NAME_EXPORT type NAME_SYMBOL(name) = NULL;

enum { NAME_silent, NAME_warning, NAME_strict };

static int NAME_policy = NAME_warning, NAME_warned = 0;

/* What is done with increments outside of the range of the training: 0 nothing, 1 a warning, 2 they are refused. */
NAME_EXPORT void NAME_SYMBOL(setOutOfBoundsPolicy)(int policy)
{
    NAME_policy = policy;
}

static int NAME_refused(NAME_data *data, const char *reason)
{
    if (data->message) {
        snprintf(data->message, 511, "%s: %s", NAME_MODEL, reason);
    }
    if (data->rdt && !(*data->rdt <= 0.25)) {
        *data->rdt = 0.25;
    }
    return -1;
}

/* One increment in a hypothesis of count components, which are at these places of the model. */
static int NAME_integrated(NAME_data *data, int count, const int *place)
{
    enum { v = NAME_COMPONENTS, z = NAME_STATES };
    const double shear = 1.41421356237309504880;
    double strain[v] = {0.0}, increment[v] = {0.0}, virgin[z] = {0.0};
    double stress[v], tangent[v * v], after[z], energy, lost, reach;
    double wanted = data->tangent[0] > 50.0 ? data->tangent[0] - 100.0 : data->tangent[0];
    int predicted = wanted < -0.5, elastic = (wanted > -1.5 && predicted) || (wanted > 0.5 && wanted < 1.5);
    const double *start = data->before.states;
    double zero[v] = {0.0};
    for (int i = 0; i < count; i++) {
        double factor = i < 3 ? 1.0 : shear;
        if (place[i] >= 0) {
            strain[place[i]] = factor * data->before.gradients[i];
            increment[place[i]] = factor * data->after.gradients[i] - strain[place[i]];
        }
    }
    if (!predicted) {
        if (!(data->duration > 0.0) ||
            NAME_update(1, data->duration, strain, increment, start, stress, after, tangent, &energy, &lost)) {
            return NAME_refused(data, NAME_reason(data->duration, strain, increment, start));
        }
        NAME_reach(1, strain, increment, after, &reach);
        if (reach > 1.0 && NAME_policy == NAME_strict) {
            return NAME_refused(data, "it leaves the range of the training");
        }
        if (reach > 1.0 && NAME_policy == NAME_warning && !NAME_warned) {
            NAME_warned = 1;
            fprintf(stderr, "%s: warning: a point leaves the range of the training, %.3g times as far: errors are "
                    "not known there (said once)\n", NAME_MODEL, reach);
        }
    }
    if (predicted || elastic) { /* at rest, which takes any time: of the virgin material, or as it is */
        double none[v], other[z], a, b;
        if (NAME_update(1, 1.0, elastic ? zero : strain, zero, elastic ? virgin : start, none, other, tangent, &a, &b)) {
            return NAME_refused(data, NAME_reason(1.0, strain, zero, start));
        }
    }
    if (predicted || wanted > 0.5) {
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < count; j++) {
                double factor = (i < 3 ? 1.0 : shear) * (j < 3 ? 1.0 : shear);
                int known = place[i] >= 0 && place[j] >= 0;
                data->tangent[i * count + j] = known ? factor * tangent[place[i] * v + place[j]] : 0.0;
            }
        }
    }
    if (predicted) {
        return 1;
    }
    for (int i = 0; i < count; i++) {
        data->after.forces[i] = place[i] < 0 ? 0.0 : (i < 3 ? 1.0 : shear) * stress[place[i]];
    }
    lost += start[z + 1];
    for (int m = 0; m < z; m++) {
        data->after.states[m] = after[m];
    }
    data->after.states[z] = energy;
    data->after.states[z + 1] = lost;
    if (data->after.stored) {
        *data->after.stored = energy;
    }
    if (data->after.dissipated) {
        *data->after.dissipated = lost;
    }
    return 1;
}

#if NAME_COMPONENTS == 6
#define NAME_PLANE {0, 1, 2, 5}
#define NAME_HYPOTHESES "Tridimensional", "PlaneStrain", "Axisymmetrical", "GeneralisedPlaneStrain"
#define NAME_HYPOTHESIS_COUNT 4

NAME_EXPORT int NAME_SYMBOL(Tridimensional)(NAME_data *data)
{
    static const int place[6] = {0, 1, 2, 5, 4, 3};
    return NAME_integrated(data, 6, place);
}
#else
#define NAME_PLANE {0, 1, -1, 2}
#define NAME_HYPOTHESES "PlaneStrain"
#define NAME_HYPOTHESIS_COUNT 1
#endif

static int NAME_plane(NAME_data *data)
{
    static const int place[4] = NAME_PLANE;
    return NAME_integrated(data, 4, place);
}

NAME_EXPORT int NAME_SYMBOL(PlaneStrain)(NAME_data *data)
{
    return NAME_plane(data);
}
#if NAME_COMPONENTS == 6
NAME_EXPORT int NAME_SYMBOL(Axisymmetrical)(NAME_data *data)
{
    return NAME_plane(data);
}

NAME_EXPORT int NAME_SYMBOL(GeneralisedPlaneStrain)(NAME_data *data)
{
    return NAME_plane(data);
}
#endif

NAME_NUMBER(mfront_mkt, 1)
NAME_NUMBER(api_version, 1)
NAME_TEXT(mfront_interface, "Generic")
NAME_TEXT(tfel_version, "4.2.2")
NAME_TEXT(src, NAME_MODEL)
NAME_TEXT(unit_system, "")
NAME_TEXT(author, "microtann " NAME_VERSION)
NAME_TEXT(date, "")
NAME_TEXT(validator, "")
NAME_TEXT(build_id, NAME_DIGEST)
NAME_NUMBER(BehaviourType, 1)
NAME_NUMBER(BehaviourKinematic, 1)
NAME_NUMBER(SymmetryType, 0)
NAME_NUMBER(ElasticSymmetryType, 0)
NAME_NUMBER(savesTangentOperator, 0)
NAME_NUMBER(UsableInPurelyImplicitResolution, 1)
NAME_NUMBER(requiresStiffnessTensor, 0)
NAME_NUMBER(requiresThermalExpansionCoefficientTensor, 0)
NAME_NUMBER(TemperatureRemovedFromExternalStateVariables, 0)
NAME_NUMBER(ComputesInternalEnergy, 1)
NAME_NUMBER(ComputesDissipatedEnergy, 1)
NAME_NUMBER(nModellingHypotheses, NAME_HYPOTHESIS_COUNT)
NAME_EXPORT const char *NAME_SYMBOL(ModellingHypotheses)[] = {NAME_HYPOTHESES};
NAME_NUMBER(nMainVariables, 1)
NAME_NUMBER(nGradients, 1)
NAME_EXPORT const char *NAME_SYMBOL(Gradients)[] = {"Strain"};
NAME_EXPORT int NAME_SYMBOL(GradientsTypes)[] = {1};
NAME_NUMBER(nThermodynamicForces, 1)
NAME_EXPORT const char *NAME_SYMBOL(ThermodynamicForces)[] = {"Stress"};
NAME_EXPORT int NAME_SYMBOL(ThermodynamicForcesTypes)[] = {1};
NAME_NUMBER(nTangentOperatorBlocks, 2)
NAME_EXPORT const char *NAME_SYMBOL(TangentOperatorBlocks)[] = {"Stress", "Strain"};
NAME_NUMBER(nInternalStateVariables, NAME_STATES + 2)
NAME_EXPORT const char *NAME_SYMBOL(InternalStateVariables)[] = {NAME_STATE_NAMES};
NAME_EXPORT int NAME_SYMBOL(InternalStateVariablesTypes)[NAME_STATES + 2] = {0};
NAME_NUMBER(nMaterialProperties, 0)
NAME_NONE(const char *const *, MaterialProperties)
NAME_NUMBER(nExternalStateVariables, 0)
NAME_NONE(const char *const *, ExternalStateVariables)
NAME_NONE(int *, ExternalStateVariablesTypes)
NAME_NUMBER(nParameters, 0)
NAME_NONE(const char *const *, Parameters)
NAME_NONE(int *, ParametersTypes)
NAME_NUMBER(nInitializeFunctions, 0)
NAME_NUMBER(nPostProcessings, 0)
