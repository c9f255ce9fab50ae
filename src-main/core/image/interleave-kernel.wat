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
      ;; Each colour goes to its places among zeros.
      (v128.store
        (local.get $target)
        (v128.or
          (i8x16.swizzle (local.get $first) (v128.const i8x16 0 -1 -1 1 -1 -1 2 -1 -1 3 -1 -1 4 -1 -1 5))
          (v128.or
            (i8x16.swizzle (local.get $second) (v128.const i8x16 -1 0 -1 -1 1 -1 -1 2 -1 -1 3 -1 -1 4 -1 -1))
            (i8x16.swizzle (local.get $third) (v128.const i8x16 -1 -1 0 -1 -1 1 -1 -1 2 -1 -1 3 -1 -1 4 -1)))))
      (v128.store offset=16
        (local.get $target)
        (v128.or
          (i8x16.swizzle (local.get $first) (v128.const i8x16 -1 -1 6 -1 -1 7 -1 -1 8 -1 -1 9 -1 -1 10 -1))
          (v128.or
            (i8x16.swizzle (local.get $second) (v128.const i8x16 5 -1 -1 6 -1 -1 7 -1 -1 8 -1 -1 9 -1 -1 10))
            (i8x16.swizzle (local.get $third) (v128.const i8x16 -1 5 -1 -1 6 -1 -1 7 -1 -1 8 -1 -1 9 -1 -1)))))
      (v128.store offset=32
        (local.get $target)
        (v128.or
          (i8x16.swizzle (local.get $first) (v128.const i8x16 -1 11 -1 -1 12 -1 -1 13 -1 -1 14 -1 -1 15 -1 -1))
          (v128.or
            (i8x16.swizzle (local.get $second) (v128.const i8x16 -1 -1 11 -1 -1 12 -1 -1 13 -1 -1 14 -1 -1 15 -1))
            (i8x16.swizzle (local.get $third) (v128.const i8x16 10 -1 -1 11 -1 -1 12 -1 -1 13 -1 -1 14 -1 -1 15)))))
      (local.set $target (i32.add (local.get $target) (i32.const 48)))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $step (i32.lt_u (local.get $at) (local.get $pixels))))))
