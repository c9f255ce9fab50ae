;; Bands to interleaved RGB, sixteen pixels at a time.
(module
  (memory (export "memory") 1)

  ;; $valid holds 1 where a pixel counts, else 0: such pixels become black. Up to fifteen pixels after the last one are read and written too.
  (func (export "interleave")
    (param $red i32) (param $green i32) (param $blue i32) (param $valid i32) (param $pixels i32) (param $target i32)
    (local $at i32) (local $mask v128) (local $first v128) (local $second v128) (local $third v128)
    (loop $step
      ;; All bits or none.
      (local.set $mask (i8x16.neg (v128.load (i32.add (local.get $valid) (local.get $at)))))
      (local.set $first (v128.and (local.get $mask) (v128.load (i32.add (local.get $red) (local.get $at)))))
      (local.set $second (v128.and (local.get $mask) (v128.load (i32.add (local.get $green) (local.get $at)))))
      (local.set $third (v128.and (local.get $mask) (v128.load (i32.add (local.get $blue) (local.get $at)))))
      ;; Red and green go to their places first, then blue between them.
      (v128.store
        (local.get $target)
        (i8x16.shuffle 0 1 16 3 4 17 6 7 18 9 10 19 12 13 20 15
          (i8x16.shuffle 0 16 0 1 17 0 2 18 0 3 19 0 4 20 0 5
            (local.get $first) (local.get $second))
          (local.get $third)))
      (v128.store offset=16
        (local.get $target)
        (i8x16.shuffle 0 21 2 3 22 5 6 23 8 9 24 11 12 25 14 15
          (i8x16.shuffle 21 0 6 22 0 7 23 0 8 24 0 9 25 0 10 26
            (local.get $first) (local.get $second))
          (local.get $third)))
      (v128.store offset=32
        (local.get $target)
        (i8x16.shuffle 26 1 2 27 4 5 28 7 8 29 10 11 30 13 14 31
          (i8x16.shuffle 0 11 27 0 12 28 0 13 29 0 14 30 0 15 31 0
            (local.get $first) (local.get $second))
          (local.get $third)))
      (local.set $target (i32.add (local.get $target) (i32.const 48)))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $step (i32.lt_u (local.get $at) (local.get $pixels))))))
