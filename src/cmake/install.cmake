# What `cmake --install` puts in place, and with `--component zip` the flat
# folder that a release's zip has.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/reflink)

install(
    TARGETS reflink
    EXPORT reflink-targets
    RUNTIME COMPONENT reflink
    ARCHIVE COMPONENT reflink
    LIBRARY COMPONENT reflink)
install(FILES include/reflink/reflink.h include/reflink/output.schema.json
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/reflink COMPONENT reflink)
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR}
        COMPONENT reflink)
install(FILES src/cli/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR}
        RENAME manual.md COMPONENT reflink)
install(FILES include/reflink/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR}
        RENAME library.md COMPONENT reflink)

# The CMake package.
install(EXPORT reflink-targets NAMESPACE reflink:: DESTINATION ${package_dir}
        COMPONENT reflink)
configure_package_config_file(
    src/cmake/reflink-config.cmake.in reflink-config.cmake
    INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(reflink-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/reflink-config.cmake
              ${PROJECT_BINARY_DIR}/reflink-config-version.cmake
        DESTINATION ${package_dir} COMPONENT reflink)

# pkg-config. A DLL needs nothing more to be linked with.
set(PC_LIBS "-L\${libdir} -lreflink")
if(NOT BUILD_SHARED_LIBS)
    string(APPEND PC_LIBS " -lntdll -ladvapi32")
endif()
configure_file(src/cmake/reflink.pc.in reflink.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/reflink.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT reflink)

# The C runtime that is linked into the program, for a release's list of what
# is in it (.github/packaging/package.py).
if(MSVC)
    file(WRITE ${PROJECT_BINARY_DIR}/c-runtime.txt
         "msvc ${CMAKE_C_COMPILER_VERSION}\n"
         "ucrt ${CMAKE_VS_WINDOWS_TARGET_PLATFORM_VERSION}\n")
else()
    file(WRITE ${PROJECT_BINARY_DIR}/c-runtime.txt
         "mingw-w64 \nlibgcc ${CMAKE_C_COMPILER_VERSION}\n")
endif()

if(REFLINK_PROGRAM)
    install(TARGETS reflink_program reflink-check RUNTIME COMPONENT reflink)
    install(FILES src/cli/completion.ps1
            DESTINATION ${CMAKE_INSTALL_DATADIR}/reflink COMPONENT reflink)
    install(TARGETS reflink_program reflink-check
            RUNTIME DESTINATION . COMPONENT zip EXCLUDE_FROM_ALL)
    install(FILES README.md LICENSE .github/CHANGELOG.md DESTINATION .
            COMPONENT zip EXCLUDE_FROM_ALL)
    install(FILES src/cli/README.md DESTINATION . RENAME manual.md
            COMPONENT zip EXCLUDE_FROM_ALL)
    install(FILES src/cli/completion.ps1 DESTINATION complete COMPONENT zip
            EXCLUDE_FROM_ALL)
endif()
