/* The new state is the old one and what a network of it and of the strain at the end says. */
static void NAME_evolve(double time_increment, const double *start, const double *increment, const double *end,
                        const double *state, NAME_signals *s)
{
    (void)time_increment;
    (void)start;
    (void)increment;
    memcpy(s->input, end, NAME_COMPONENTS * sizeof(double));
    memcpy(s->input + NAME_COMPONENTS, state, NAME_STATES * sizeof(double));
    NAME_pass(s);
}
