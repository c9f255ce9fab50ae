;; The largest of many numbers, sixteen at a time: a vocabulary of 150,000 tokens is looked through after every token.
(module
  (memory (export "memory") 1)

  ;; The index of the first of the largest numbers from $start (f32) up to $end, a multiple of 64 bytes behind it. -1 where one is NaN.
  (func (export "argmax")
    (param $start i32) (param $end i32)
    (result i32)
    (local $at i32) (local $largest f32)
    (local $most v128) (local $most1 v128) (local $most2 v128) (local $most3 v128)
    (local.set $most (f32x4.splat (f32.const -inf)))
    (local.set $most1 (local.get $most))
    (local.set $most2 (local.get $most))
    (local.set $most3 (local.get $most))
    (local.set $at (local.get $start))
    (loop $step
      ;; max of a NaN and anything is NaN.
      (local.set $most (f32x4.max (local.get $most) (v128.load (local.get $at))))
      (local.set $most1 (f32x4.max (local.get $most1) (v128.load offset=16 (local.get $at))))
      (local.set $most2 (f32x4.max (local.get $most2) (v128.load offset=32 (local.get $at))))
      (local.set $most3 (f32x4.max (local.get $most3) (v128.load offset=48 (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 64)))
      (br_if $step (i32.lt_u (local.get $at) (local.get $end))))
    (local.set $most
      (f32x4.max
        (f32x4.max (local.get $most) (local.get $most1))
        (f32x4.max (local.get $most2) (local.get $most3))))
    (local.set $largest
      (f32.max
        (f32.max (f32x4.extract_lane 0 (local.get $most)) (f32x4.extract_lane 1 (local.get $most)))
        (f32.max (f32x4.extract_lane 2 (local.get $most)) (f32x4.extract_lane 3 (local.get $most)))))

    (local.set $most (f32x4.splat (local.get $largest)))
    (local.set $at (local.get $start))
    (loop $search
      (if (v128.any_true (f32x4.eq (local.get $most) (v128.load (local.get $at))))
        (then
          (loop $lane
            (if (f32.eq (local.get $largest) (f32.load (local.get $at)))
              (then (return (i32.shr_u (i32.sub (local.get $at) (local.get $start)) (i32.const 2)))))
            (local.set $at (i32.add (local.get $at) (i32.const 4)))
            (br $lane))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $search (i32.lt_u (local.get $at) (local.get $end))))
    (i32.const -1)))
