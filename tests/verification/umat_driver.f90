! A host of user materials: points in mixed order, every increment tried and thrown away before it is kept.
!
!   driver PROGRAMME RESULT
!
! PROGRAMME holds, as they are in memory: the numbers of points, steps and state variables, for every component
! whether its strain (1) or its stress (0) is given, and what is given at the end of every step (6, steps, points).
! RESULT gets strain, stress and the last two state variables of every step (14, steps, points).
program driver
  implicit none
  integer :: points, steps, states, driven(6), p, k, turn
  double precision, allocatable :: given(:,:,:), strain(:,:), stress(:,:), statev(:,:), outcome(:,:,:)
  double precision :: increment(6)
  character(len=256) :: programme, result

  call get_command_argument(1, programme)
  call get_command_argument(2, result)
  open(10, file=programme, access='stream', form='unformatted', status='old')
  read(10) points, steps, states, driven
  allocate(given(6,steps,points), strain(6,points), stress(6,points), statev(states,points), outcome(14,steps,points))
  read(10) given
  close(10)
  strain = 0
  stress = 0
  statev = 0
  do k = 1, steps
    do turn = 1, points
      p = mod(turn*7919, points) + 1
      call find_increment(strain(:,p), stress(:,p), statev(:,p), given(:,k,p), driven, p, k, increment)
      strain(:,p) = strain(:,p) + increment
      outcome(1:6,k,p) = strain(:,p)
      outcome(7:12,k,p) = stress(:,p)
      outcome(13:14,k,p) = statev(states-1:states,p)
    end do
  end do
  open(11, file=result, access='stream', form='unformatted', status='replace')
  write(11) outcome
  close(11)

contains

  ! One increment in strains and stresses, whichever is given: Newton's method on copies of the states.
  subroutine find_increment(old, tension, state, aim, given_strain, point, step, change)
    double precision, intent(in) :: old(6), aim(6)
    double precision, intent(inout) :: tension(6), state(states)
    integer, intent(in) :: given_strain(6), point, step
    double precision, intent(out) :: change(6)
    double precision :: trial_stress(6), trial_state(states), tangent(6,6), left(6), random(6)
    integer :: iteration, i, j
    change = 0
    where (given_strain == 1) change = aim - old
    call random_number(random)
    trial_stress = tension
    trial_state = state
    call material(trial_stress, trial_state, tangent, old, change + 0.1d0*(random - 0.5d0), point, step)
    do iteration = 1, 60
      trial_stress = tension
      trial_state = state
      call material(trial_stress, trial_state, tangent, old, change, point, step)
      left = aim - trial_stress
      where (given_strain == 1) left = 0
      if (maxval(abs(left)) < 1d-12) exit
      do i = 1, 6
        do j = 1, 6
          if (given_strain(i) == 1 .or. given_strain(j) == 1) tangent(i,j) = merge(1d0, 0d0, i == j)
        end do
      end do
      call solve(tangent, left)
      change = change + left
    end do
    if (iteration > 60) stop 3
    tension = trial_stress
    state = trial_state
  end subroutine

  subroutine material(tension, state, tangent, old, change, point, step)
    double precision, intent(inout) :: tension(6), state(states)
    double precision, intent(out) :: tangent(6,6)
    double precision, intent(in) :: old(6), change(6)
    integer, intent(in) :: point, step
    double precision :: sse, spd, scd, rpl, ddsddt(6), drplde(6), drpldt, time(2), predef(1), dpred(1), props(2), &
      coords(3), drot(3,3), pnewdt, dfgrd(3,3)
    character(len=80) :: cmname
    integer :: kstep(4)
    external :: umat
    cmname = 'MICROTANN'
    time = step - 1
    drot = reshape((/1d0, 0d0, 0d0, 0d0, 1d0, 0d0, 0d0, 0d0, 1d0/), (/3, 3/))
    dfgrd = drot
    props = 0
    pnewdt = 1
    kstep = (/1, 1, 0, 0/)
    call umat(tension, state, tangent, sse, spd, scd, rpl, ddsddt, drplde, drpldt, old, change, time, 1d0, 0d0, 0d0, &
      predef, dpred, cmname, 3, 3, 6, states, props, 2, coords, drot, pnewdt, 1d0, dfgrd, dfgrd, point, 1, 1, 1, &
      kstep, step)
    if (pnewdt < 1) stop 2
  end subroutine

  ! Gauss's elimination, for a positive definite matrix.
  subroutine solve(matrix, right)
    double precision, intent(inout) :: matrix(6,6), right(6)
    integer :: i, j
    do i = 1, 6
      do j = i + 1, 6
        right(j) = right(j) - matrix(j,i)/matrix(i,i)*right(i)
        matrix(j,:) = matrix(j,:) - matrix(j,i)/matrix(i,i)*matrix(i,:)
      end do
    end do
    do i = 6, 1, -1
      right(i) = (right(i) - dot_product(matrix(i,i+1:), right(i+1:)))/matrix(i,i)
    end do
  end subroutine
end program
