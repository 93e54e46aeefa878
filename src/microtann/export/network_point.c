/* A network moves the states; the energy gives stress and dissipation by its derivatives. */
static int NAME_point(double time_increment, const double *start, const double *increment, const double *end,
                      const double *state, double *stress, double *new_state, double *tangent, double *energy,
                      double *dissipation)
{
    enum { v = NAME_COMPONENTS, z = NAME_STATES };
    double place[v + z], gradient[NAME_GRADIENT], lost = 0.0;
    const double *moved;
    NAME_signals signals;
    NAME_curvature curvature;
    NAME_evolve(time_increment, start, increment, end, state, &signals);
    moved = signals.value[NAME_LAYERS - 1];
    memcpy(place, end, v * sizeof(double));
    for (int m = 0; m < z; m++) {
        place[v + m] = new_state[m] = state[m] + moved[m];
    }
    *energy = NAME_ENERGY * NAME_stored(place, gradient, &curvature);
    for (int i = 0; i < v; i++) {
        stress[i] = NAME_ENERGY * gradient[i];
    }
    for (int m = 0; m < z; m++) {
        lost -= gradient[v + m] * (new_state[m] - state[m]);
    }
    *dissipation = NAME_ENERGY * lost;
    if (tangent) {
        NAME_stiffness(&curvature, &signals, tangent);
    }
    return 0;
}
