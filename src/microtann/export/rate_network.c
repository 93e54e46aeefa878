/* The new state is the old one and what a network of stress, strain, state and increment says. */
static void NAME_evolve(double time_increment, const double *start, const double *increment, const double *end,
                        const double *state, NAME_signals *s)
{
    enum { v = NAME_COMPONENTS, z = NAME_STATES };
    double place[v + z], gradient[NAME_GRADIENT];
    NAME_curvature curvature;
    (void)end;
    memcpy(place, start, v * sizeof(double));
    memcpy(place + v, state, z * sizeof(double));
    NAME_stored(place, gradient, &curvature);
    memcpy(s->input, gradient, v * sizeof(double));
    memcpy(s->input + v, start, v * sizeof(double));
    memcpy(s->input + 2 * v, state, z * sizeof(double));
    memcpy(s->input + 2 * v + z, increment, v * sizeof(double));
#if NAME_TIMED
    s->input[3 * v + z] = time_increment;
#else
    (void)time_increment;
#endif
    NAME_pass(s);
}
