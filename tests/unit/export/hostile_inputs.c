/* Calls an exported model, of prefix "model", with ordinary and hostile numbers; run under sanitizers. */
#include "model.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 200, V = MODEL_COMPONENTS, Z = MODEL_STATES };

static double drawn(void)
{
    return 2.0 * rand() / RAND_MAX - 1.0;
}

int main(void)
{
    static const double hostile[] = {NAN, INFINITY, -INFINITY, 1e308, -1e308, 1e160, 1e9, 1e3, 0.0, 5e-324};
    static double strain[N][V], step[N][V], state[N][Z], stress[N][V], after[N][Z], tangent[N][V][V], energy[N],
        lost[N], reach[N];
    int failed = 0, expected = 0;
    for (int round = 0; round < 20; round++) {
        for (int p = 0; p < N; p++) {
            for (int i = 0; i < V; i++) {
                step[p][i] = 0.3 * drawn();
            }
        }
        if (round > 5) { /* one hostile number at a time, in any input */
            for (int p = 0; p < N; p += 3) {
                double bad = hostile[rand() % 10];
                int where = rand() % 3;
                (where == 0 ? strain[p] : where == 1 ? step[p] : state[p])[rand() % (where == 2 ? Z : V)] = bad;
            }
        }
        model_reach(N, &strain[0][0], &step[0][0], &state[0][0], reach);
        failed = model_update(N, 1.0, &strain[0][0], &step[0][0], &state[0][0], &stress[0][0], &after[0][0],
                              round % 2 ? &tangent[0][0][0] : NULL, energy, lost);
        expected = 0;
        for (int p = 0; p < N; p++) {
            int wrong = isnan(energy[p]);
            expected += wrong;
            for (int i = 0; i < V; i++) {
                if (isfinite(stress[p][i]) == wrong || (!isfinite(strain[p][i] + step[p][i]) && !wrong)) {
                    printf("point %d of round %d is neither right nor refused\n", p, round);
                    return 1;
                }
                strain[p][i] = wrong ? 0.0 : fmod(strain[p][i] + step[p][i], 0.5);
            }
            for (int m = 0; m < Z; m++) {
                state[p][m] = wrong || round > 5 ? 0.0 : after[p][m];
            }
        }
        if (failed != expected || (round <= 5 && failed != 0)) {
            printf("%d points failed in round %d, %d expected\n", failed, round, expected);
            return 1;
        }
    }
    return failed == 0; /* the last rounds are hostile */
}
